// Maps of the CUDA engine beside those of the CPU, for tests.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <vector>

#include "cuda/coordinate_map.h"
#include "error.h"
#include "handles.h"

namespace test {

using spc::cuda::Buffer;
using spc::cuda::Queue;
using spc::cuda::SitesPointer;

// An array that a call reads or writes, in host memory or on the device.
template <class T>
class Array {
 public:
  Array(const Queue &queue, std::vector<T> values, bool on_device) : queue_(queue), values_(std::move(values)) {
    if (!on_device) return;
    memory_ = Buffer<T>(queue, std::ssize(values_));
    queue.copy(memory_.data(), values_.data(), memory_.bytes());
  }
  T *data() { return memory_ ? memory_.data() : values_.data(); }
  const std::vector<T> &read() {
    if (memory_) queue_.copy(values_.data(), memory_.data(), memory_.bytes());
    if (memory_) queue_.synchronize();
    return values_;
  }

 private:
  const Queue &queue_;
  std::vector<T> values_;
  Buffer<T> memory_;
};

// Allocations that the driver's double has handed out; 0 with any other driver.
inline int64_t live_allocations() {
  const char *const name = std::getenv("SPARSECONV_CUDA_DRIVER");
  void *const library = name != nullptr ? dlopen(name, RTLD_NOW | RTLD_NOLOAD) : nullptr;
  if (library == nullptr) return 0;
  const auto count = reinterpret_cast<int64_t (*)()>(dlsym(library, "driver_double_allocations"));
  const int64_t live = count != nullptr ? count() : 0;
  dlclose(library);
  return live;
}

// Every test gives back all the memory that it took.
class OnDevice : public testing::Test {
 protected:
  void SetUp() override { before_ = live_allocations(); }
  void TearDown() override { EXPECT_EQ(live_allocations(), before_); }

 private:
  int64_t before_ = 0;
};

inline spc::Kernel kernel_of(const oracle::Geometry &geometry) {
  return spc::make_kernel(native(geometry));
}

inline SitesPointer make_sites(const Queue &queue, const oracle::Cloud &cloud, int dimensions, bool on_device = false) {
  Array<int32_t> given(queue, flat(cloud), on_device);
  return spc::cuda::make_sites(queue, given.data(), std::ssize(cloud), dimensions);
}

inline oracle::Cloud cloud_of(const std::vector<int32_t> &values, int axes) {
  oracle::Cloud cloud;
  for (auto at = values.begin(); at != values.end(); at += axes) cloud.emplace_back(at, at + axes);
  return cloud;
}

inline oracle::Cloud coordinates(const Queue &queue, const SitesPointer &sites, bool on_device = false) {
  Array<int32_t> out(queue, std::vector<int32_t>(static_cast<std::size_t>(sites->rows * sites->axes), -77), on_device);
  spc::cuda::write_coordinates(queue, *sites, out.data());
  return cloud_of(out.read(), sites->axes);
}

inline Bounds bounds(const SitesPointer &sites) {
  const auto axes = static_cast<std::size_t>(sites->axes);
  Bounds result{std::vector<int32_t>(axes), std::vector<int32_t>(axes)};
  spc::cuda::write_bounds(*sites, result.low.data(), result.high.data());
  return result;
}

// The message and the status of what a call refuses.
template <class Call>
std::pair<spc_status, std::string> refusal(const Call &call) {
  try {
    call();
    return {SPC_OK, ""};
  } catch (const spc::Error &error) {
    return {error.status(), error.what()};
  }
}

struct Case {
  std::string name;
  oracle::Geometry geometry;
  int64_t voxels;
  int32_t low, extent, batches;

  int dimensions() const { return geometry.dimensions(); }
  oracle::Cloud cloud(uint32_t seed) const {
    std::mt19937 random(seed);
    return oracle::random_cloud(random, dimensions(), voxels, low, extent, batches);
  }
};

inline oracle::Geometry cube(int dimensions, int32_t size, int32_t stride, int32_t dilation, int32_t padding) {
  const auto n = static_cast<std::size_t>(dimensions);
  return {std::vector<int32_t>(n, size), std::vector<int32_t>(n, stride), std::vector<int32_t>(n, dilation),
          std::vector<int32_t>(n, padding)};
}

inline std::vector<Case> cases() {
  std::vector<Case> all;
  for (int d = 1; d <= 4; ++d) {
    const std::string suffix = "_" + std::to_string(d) + "d";
    const int32_t extent = d == 1 ? 300 : d == 2 ? 40 : d == 3 ? 12 : 6;
    all.push_back({"submanifold" + suffix, cube(d, 3, 1, 1, 1), 200, -extent / 2, extent, 2});
    all.push_back({"even" + suffix, cube(d, 2, 1, 1, 0), 150, -7, extent, 1});
    all.push_back({"kernel_is_stride" + suffix, cube(d, 2, 2, 1, 0), 200, -extent / 2, extent, 2});
    all.push_back({"kernel_3_stride_2" + suffix, cube(d, 3, 2, 1, 1), 200, -extent / 2, extent, 2});
    all.push_back({"stride_without_coverage" + suffix, cube(d, 2, 3, 1, 0), 200, -extent / 2, extent, 2});
    all.push_back({"dilated_stride" + suffix, cube(d, 3, 2, 3, 2), 150, -9, extent, 1});
    all.push_back({"one_voxel" + suffix, cube(d, 3, 2, 1, 1), 1, -3, 1, 1});
    all.push_back({"empty" + suffix, cube(d, 3, 2, 1, 1), 0, 0, 1, 1});
  }
  const auto list = [](oracle::Geometry geometry, const std::vector<int32_t> &taps) {
    geometry.listed = taps;
    return geometry;
  };
  all.push_back({"cross_2d", list(cube(2, 3, 1, 1, 1), {0, 1, 1, 0, 1, 1, 1, 2, 2, 1}), 300, -10, 20, 2});
  all.push_back({"mirrored_list_2d", list(cube(2, 1, 1, 2, 0), {3, 0, -1, 2, 0, 0, 1, -2, -3, 0}), 300, -10, 20, 2});
  all.push_back({"one_sided_3d", list(cube(3, 1, 1, 1, 0), {0, 0, 0, -1, 0, 0, -2, 0, 0}), 300, -5, 10, 2});
  all.push_back({"without_pairs_2d", list(cube(2, 1, 1, 1, 0), {500, 0, 0, 0, 0, -500}), 300, -10, 20, 1});
  all.push_back({"boxy_3d", {{1, 3, 2}, {2, 1, 3}, {1, 2, 1}, {0, 2, 1}}, 300, -6, 13, 2});
  all.push_back({"more_than_32_taps_3d", cube(3, 5, 1, 1, 2), 300, -4, 9, 2});
  all.push_back({"more_than_128_taps_3d", cube(3, 6, 2, 1, 2), 300, -4, 9, 2});
  all.push_back({"wide_strided_2d", cube(2, 3, 3, 1, 0), 300, -20000, 40000, 2});
  all.push_back({"thousands_3d", cube(3, 3, 1, 1, 1), 2500, -10, 20, 2});
  all.push_back({"thousands_strided_3d", cube(3, 3, 2, 1, 1), 2500, -10, 20, 2});
  return all;
}

}  // namespace test
