#include "parallel.h"

namespace spc {
namespace {

int default_threads() noexcept {
#if defined(SPC_PLAIN_THREADS)
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#else
  return std::max(1, omp_get_max_threads());
#endif
}

// 0 until it is set or first read.
std::atomic<int> limit{0};
std::atomic<int> helpers_at_work{0};

}  // namespace

int thread_limit() noexcept {
  int value = limit.load(std::memory_order_relaxed);
  if (value == 0) {
    const int first = default_threads();
    value = limit.compare_exchange_strong(value, first) ? first : value;
  }
  return value;
}

void set_thread_limit(int threads) noexcept {
  limit.store(threads);
}

Team::Team(int64_t wanted) noexcept : size_(1) {
  const int most = thread_limit() - 1;
  int busy = helpers_at_work.load(std::memory_order_relaxed);
  for (;;) {
    const int helpers = static_cast<int>(std::clamp<int64_t>(wanted - 1, 0, std::max(0, most - busy)));
    if (helpers == 0) return;
    if (helpers_at_work.compare_exchange_weak(busy, busy + helpers)) {
      size_ += helpers;
      return;
    }
  }
}

Team::~Team() {
  helpers_at_work.fetch_sub(size_ - 1);
}

}  // namespace spc
