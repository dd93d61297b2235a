// The runtime and the primitives of the CUDA engine, by whatever driver there is: a GPU's or the double's.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "cuda/runtime.h"
#include "cuda/scan.h"

namespace {

using namespace spc::cuda;

TEST(Scan, Gives_the_sums_before_each_number) {
  std::mt19937 random(7);
  for (const int64_t count : {0, 1, 2, 31, 32, 33, 1023, 1024, 1025, 5000, 1100000}) {
    SCOPED_TRACE(count);
    std::vector<int64_t> values(static_cast<std::size_t>(count));
    for (int64_t &value : values) value = static_cast<int64_t>(random() % 1000);
    std::vector<int64_t> expected(values.size());
    std::exclusive_scan(values.begin(), values.end(), expected.begin(), int64_t{0});
    const Queue queue(0, nullptr);
    const Buffer<int64_t> memory(queue, count), total(queue, 1);
    queue.copy(memory.data(), values.data(), memory.bytes());
    exclusive_scan(queue, memory.data(), count, total.data());
    EXPECT_EQ(queue.read(total.data()), std::accumulate(values.begin(), values.end(), int64_t{0}));
    queue.copy(values.data(), memory.data(), memory.bytes());
    queue.synchronize();
    EXPECT_EQ(values, expected);
  }
}

}  // namespace
