// Memory on the device and back, for tests.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "cuda/runtime.h"
#include "half.h"

namespace test {

template <class T>
spc::cuda::Buffer<T> to_device(const spc::cuda::Queue &queue, const std::vector<T> &values) {
  spc::cuda::Buffer<T> memory(queue, static_cast<int64_t>(values.size()));
  queue.copy(memory.data(), values.data(), memory.bytes());
  return memory;
}

template <class T>
std::vector<T> to_host(const spc::cuda::Queue &queue, const spc::cuda::Buffer<T> &memory) {
  std::vector<T> values(static_cast<std::size_t>(memory.count()));
  queue.copy(values.data(), memory.data(), memory.bytes());
  queue.synchronize();
  return values;
}

template <class T>
class DeviceMatrix {
 public:
  DeviceMatrix(const spc::cuda::Queue &queue, int64_t rows, int64_t columns)
      : rows_(rows), columns_(columns), memory_(queue, rows * columns) {}
  DeviceMatrix(const spc::cuda::Queue &queue, const std::vector<T> &values, int64_t rows, int64_t columns)
      : rows_(rows), columns_(columns), memory_(to_device(queue, values)) {}

  spc_matrix view() const { return {memory_.data(), rows_, columns_, kTypeOf<T>, 0}; }
  std::vector<T> read(const spc::cuda::Queue &queue) const { return to_host(queue, memory_); }

 private:
  int64_t rows_, columns_;
  spc::cuda::Buffer<T> memory_;
};

// Bit by bit, but that one not-a-number is like the other.
template <class T>
void expect_same_bits(const std::vector<T> &found, const std::vector<T> &expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto one = static_cast<double>(found[i]), other = static_cast<double>(expected[i]);
    if (one != one && other != other) continue;
    ASSERT_EQ(std::memcmp(&found[i], &expected[i], sizeof(T)), 0)
        << "element " << i << " is " << one << ", not " << other;
  }
}

}  // namespace test
