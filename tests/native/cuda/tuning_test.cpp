// Which candidate is chosen, and that it is measured once. The double tells the same time for all, as a GPU does not.
#include <gtest/gtest.h>

#include "cuda/tuning.h"

namespace {

using namespace spc::cuda;

TEST(Tuning, Measures_a_shape_once) {
  const Queue queue(0, nullptr);
  int runs = 0;
  const auto run = [&](std::size_t) { ++runs; };
  const std::string shape = "of this test " + std::to_string(reinterpret_cast<uintptr_t>(&runs));
  const std::size_t first = quickest(queue, shape, {"a", "b", "c"}, 1, run);
  EXPECT_GT(runs, 3);
  const int before = runs;
  EXPECT_EQ(quickest(queue, shape, {"a", "b", "c"}, 1, run), first);
  EXPECT_EQ(runs, before);
  quickest(queue, shape, {"a", "b"}, 1, run);  // other candidates are another question
  EXPECT_GT(runs, before);
}

TEST(Tuning, Keeps_to_the_rule_where_nothing_is_quicker) {
  const Queue queue(0, nullptr);
  if (queue.device().name().find("Emulated") == std::string::npos) GTEST_SKIP() << "a GPU's times differ";
  const std::string shape = "of the rule";
  EXPECT_EQ(quickest(queue, shape, {"a", "b", "c"}, 1, [](std::size_t) {}), 1u);
}

TEST(Tuning, Tells_shapes_apart_by_powers_of_two) {
  EXPECT_EQ(log2_of(0), -1);
  EXPECT_EQ(log2_of(1), 0);
  EXPECT_EQ(log2_of(131071), 16);
  EXPECT_EQ(log2_of(131072), 17);
}

}  // namespace
