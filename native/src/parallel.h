// The only place that knows how work is spread over threads. Nothing that is computed may depend on how many there are.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SPC_PLAIN_THREADS
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define SPC_PLAIN_THREADS
#endif

// ThreadSanitizer does not see the synchronisation inside OpenMP's runtime, so under it plain threads do the same work.
#if defined(SPC_PLAIN_THREADS)
#include <thread>
#include <vector>
#else
#include <omp.h>
#endif

namespace spc {

using ThreadSource = int32_t (*)();

// Threads that a call may use: what was set, where that is not 0, else what the source says, else what OpenMP has.
int thread_limit() noexcept;
void set_thread_limit(int threads) noexcept;
void set_thread_source(ThreadSource source) noexcept;

// How late the last thread of a region began. Where threads are late again and again, others use the machine, and idle
// threads park at once instead of spinning (docs/adr/0015-shared-machines.md).
void note_lateness(std::chrono::nanoseconds lateness) noexcept;

// Threads that one call may use. All calls of the process share the limit: a call gets what the others leave, and
// always its own thread, so that many callers at once neither wait for each other nor crowd the machine.
class Team {
 public:
  explicit Team(int64_t wanted) noexcept;
  ~Team();
  Team(const Team &) = delete;
  Team &operator=(const Team &) = delete;

  int size() const { return size_; }

 private:
  int size_;
};

// Runs body(index, thread) for 0 <= index < count, in any order, 0 <= thread < team.size(). The first exception that
// was caught is thrown again when all threads are done.
template <class Body>
void parallel_for(const Team &team, int64_t count, const Body &body) {
  std::atomic<int64_t> next{0};
  std::atomic<bool> failed{false};
  std::exception_ptr failure;
  const auto work = [&](int thread) noexcept {
    try {
      for (int64_t i; !failed.load(std::memory_order_relaxed) && (i = next.fetch_add(1)) < count;) body(i, thread);
    } catch (...) {
      if (!failed.exchange(true)) failure = std::current_exception();
    }
  };
  const int threads = static_cast<int>(std::min<int64_t>(team.size(), count));
  if (threads <= 1) {
    work(0);
  } else {
#if defined(SPC_PLAIN_THREADS)
    std::vector<std::thread> helpers;
    for (int i = 1; i < threads; ++i) helpers.emplace_back(work, i);
    work(0);
    for (std::thread &helper : helpers) helper.join();
#else
    using Clock = std::chrono::steady_clock;
    const Clock::time_point start = Clock::now();
    std::atomic<Clock::rep> last{0};
#pragma omp parallel num_threads(threads)
    {
      const Clock::rep begun = (Clock::now() - start).count();
      Clock::rep seen = last.load(std::memory_order_relaxed);
      while (begun > seen && !last.compare_exchange_weak(seen, begun, std::memory_order_relaxed)) {
      }
      work(omp_get_thread_num());
    }
    note_lateness(Clock::duration(last.load()));
#endif
  }
  if (failure) std::rethrow_exception(failure);
}

// The part of [0, count) that is number `index` of `parts`.
struct Range {
  int64_t begin;
  int64_t end;
};
inline Range part_of(int64_t count, int64_t parts, int64_t index) {
  const int64_t size = count / parts, rest = count % parts;
  const int64_t begin = index * size + std::min(index, rest);
  return {begin, begin + size + (index < rest ? 1 : 0)};
}

}  // namespace spc
