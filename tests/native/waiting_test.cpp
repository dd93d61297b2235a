// How idle threads wait, on the test's own copy of parallel.cpp: GNU's OpenMP tells nobody, but the team that makes
// idle threads park can be counted.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <thread>

#include "../../native/src/parallel.h"

namespace {

using namespace std::chrono_literals;

int64_t threads_now() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

// How many there are once those that have ended are gone from the list, for which nobody waits.
int64_t threads_left(int64_t expected) {
  for (int i = 0; i < 1000 && threads_now() != expected; ++i) std::this_thread::sleep_for(10ms);
  return threads_now();
}

#if !defined(__linux__) || defined(SPC_PLAIN_THREADS) || !defined(__GNUC__) || defined(__clang__)
constexpr bool kParks = false;
int processors() {
  return 0;
}
#else
constexpr bool kParks = true;
int processors() {
  return omp_get_num_procs();
}
#endif

TEST(Waiting, Idle_threads_park_while_others_use_the_machine) {
  if (!kParks) GTEST_SKIP() << "not GNU's OpenMP on Linux";
  if (std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr)
    GTEST_SKIP() << "the environment says how threads wait";
  const int64_t before = threads_now();
  spc::note_lateness(0ms);
  spc::note_lateness(100ms);
  EXPECT_EQ(threads_now(), before) << "late once";
  spc::note_lateness(100ms);
  EXPECT_EQ(threads_now(), before + processors() + 1) << "late again";
  spc::note_lateness(0ms);
  EXPECT_EQ(threads_now(), before + processors() + 1) << "punctual, but not for a second yet";
  std::this_thread::sleep_for(1100ms);
  spc::note_lateness(0ms);
  EXPECT_EQ(threads_left(before), before) << "punctual for a second";
}

}  // namespace
