#include "parallel.h"

#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <thread>

namespace spc {
namespace {

std::atomic<int> limit{0};
std::atomic<ThreadSource> source{nullptr};
std::atomic<int> helpers_at_work{0};

using Clock = std::chrono::steady_clock;

// A thread that spins or is woken on an idle machine begins within half of this.
constexpr std::chrono::milliseconds kLate{1};

// The machine counts as shared where regions lose this much to late threads within the window.
constexpr std::chrono::milliseconds kLoss{150}, kWindow{1000};

// How long threads park before it is tried again whether they may spin; longer each time that they may not.
constexpr std::chrono::seconds kFirstHold{1}, kLastHold{16};

#if defined(__GNUC__) && !defined(__clang__) && !defined(SPC_PLAIN_THREADS)
// GNU's OpenMP lets an idle thread spin for about 3 ms, but hardly at all while it has more threads than processors, in
// whichever team they are. This is a team that does nothing but make it so, for libtorch's threads as well as for ours.
class ParkedTeam {
 public:
  ParkedTeam() : thread_([this] { hold(); }) { made_.acquire(); }
  ~ParkedTeam() {
    over_.release();
    thread_.join();
  }

 private:
  void hold() {
#pragma omp parallel num_threads(omp_get_num_procs() + 1)
    {
      asm volatile("");  // An empty region would be dropped.
    }
    made_.release();
    over_.acquire();
  }

  std::binary_semaphore made_{0}, over_{0};
  std::thread thread_;
};

bool user_decides() noexcept {
  return std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr;
}
#else
class ParkedTeam {};

bool user_decides() noexcept {
  return true;
}
#endif

// Decides from how late threads begin whether idle ones may spin.
class Watch {
 public:
  void note(Clock::duration lateness) {
    if (lateness < kLate && !parks_.load(std::memory_order_relaxed)) return;
    const std::unique_lock lock(gate_, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const Clock::time_point now = Clock::now();
    if (team_ != nullptr) {
      if (now < until_) return;
      delete team_;
      team_ = nullptr;
      parks_ = false;
    }
    if (now > window_ + kWindow) {
      window_ = now;
      lost_ = {};
    }
    if (lateness >= kLate) lost_ += lateness;
    if (lost_ < kLoss) return;
    hold_ = now < until_ + 2 * kWindow ? std::min<Clock::duration>(2 * hold_, kLastHold) : kFirstHold;
    until_ = now + hold_;
    lost_ = {};
    team_ = new ParkedTeam;
    parks_ = true;
  }

 private:
  std::mutex gate_;
  std::atomic<bool> parks_{false};
  ParkedTeam *team_ = nullptr;  // Not freed at exit, when OpenMP may be gone before us.
  Clock::time_point window_{}, until_{};
  Clock::duration lost_{}, hold_{};
};

}  // namespace

int thread_limit() noexcept {
  if (const int set = limit.load(std::memory_order_relaxed); set > 0) return set;
  if (const ThreadSource ask = source.load(std::memory_order_relaxed)) return std::max(1, ask());
#if defined(SPC_PLAIN_THREADS)
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#else
  return std::max(1, omp_get_max_threads());
#endif
}

void set_thread_limit(int threads) noexcept {
  limit.store(threads, std::memory_order_relaxed);
}

void set_thread_source(ThreadSource ask) noexcept {
  source.store(ask, std::memory_order_relaxed);
}

void note_lateness(std::chrono::nanoseconds lateness) noexcept {
  static Watch watch;
  static const bool idle_threads_are_the_users = user_decides();
  if (idle_threads_are_the_users) return;
  try {
    watch.note(lateness);
  } catch (...) {
    // No memory or no thread to be had: threads go on spinning.
  }
}

Team::Team(int64_t wanted) noexcept : size_(1) {
  if (wanted <= 1) return;
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
  if (size_ > 1) helpers_at_work.fetch_sub(size_ - 1);
}

}  // namespace spc
