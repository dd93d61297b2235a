// THE LAW: a coarse site c, a fine site f and a tap t of the kernel meet when, on every axis,
//
//     f = stride * c + dilation * t - padding,    0 <= t < size, or t in the list of taps where one is given
//
// Here it becomes f = stride * c + offset with one offset for each tap. All other code works with the list of offsets,
// so a kernel need not be a box.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "error.h"

namespace spc {

using Offset = std::array<int64_t, SPC_MAX_DIMENSIONS>;

constexpr int64_t kMostTaps = int64_t{1} << 20;

// Floor division by a divisor above zero. Strides are nearly always powers of two, and a division takes many times as
// long as a shift.
inline int64_t floor_divide(int64_t a, int64_t b) {
  if ((b & (b - 1)) == 0) return a >> std::countr_zero(static_cast<uint64_t>(b));
  return a / b - (a % b < 0 ? 1 : 0);
}

struct Kernel {
  int dimensions = 0;
  Offset stride{};
  std::vector<Offset> offsets;  // by tap

  int64_t taps() const { return static_cast<int64_t>(offsets.size()); }
  int last() const { return dimensions - 1; }

  // Whether tap t and tap taps - 1 - t mirror each other about the site itself. Then, within one map, the pairs of one
  // tap are the pairs of the other with the sides swapped.
  bool is_mirrored() const {
    for (int axis = 0; axis < dimensions; ++axis) {
      if (stride[axis] != 1) return false;
      for (int64_t t = 0; t < taps(); ++t) {
        if (offsets[t][axis] != -offsets[taps() - 1 - t][axis]) return false;
      }
    }
    return taps() % 2 == 1;
  }
};

// The ways to read the law, on one axis. A coordinate and a tap's offset are each split into quotient and rest. They
// lead to a site where their rests are equal, and the site is the sum of the quotients. So the loops divide once for
// each coordinate and never for a tap.
enum class Reading {
  kCoarseToFine,  // stride * coarse + offset
  kFineToCoarse,  // (fine - offset) / stride, where that is whole
  kFloor          // floor(fine / stride)
};

struct Split {
  int64_t quotient;
  int64_t rest;
};

inline Split split_value(Reading reading, int64_t stride, int64_t value) {
  if (reading == Reading::kCoarseToFine) return {stride * value, 0};
  const int64_t quotient = floor_divide(value, stride);
  return {quotient, reading == Reading::kFineToCoarse ? value - quotient * stride : 0};
}

inline Split split_offset(Reading reading, int64_t stride, int64_t offset) {
  if (reading == Reading::kCoarseToFine) return {offset, 0};
  if (reading == Reading::kFloor) return {0, 0};
  const int64_t quotient = floor_divide(offset, stride);
  return {-quotient, offset - quotient * stride};
}

using SplitOffsets = std::vector<std::array<Split, SPC_MAX_DIMENSIONS>>;  // by tap

inline SplitOffsets split_offsets(const Kernel &kernel, Reading reading) {
  SplitOffsets result(kernel.offsets.size());
  for (std::size_t t = 0; t < result.size(); ++t) {
    for (int axis = 0; axis < kernel.dimensions; ++axis) {
      result[t][axis] = split_offset(reading, kernel.stride[axis], kernel.offsets[t][axis]);
    }
  }
  return result;
}

inline void check_dimensions(int32_t dimensions) {
  if (dimensions < 1 || dimensions > SPC_MAX_DIMENSIONS) {
    fail_argument("dimensions is " + std::to_string(dimensions) + ", must be 1 to 4");
  }
}

inline void check_positive(const char *name, int axis, int32_t value) {
  if (value >= 1) return;
  fail_argument(std::string(name) + "[" + std::to_string(axis) + "] is " + std::to_string(value) +
                ", must be positive");
}

// The taps of the whole box, row-major, last axis fastest.
inline std::vector<Offset> box_taps(const spc_geometry &geometry) {
  int64_t count = 1;
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    check_positive("size", axis, geometry.size[axis]);
    const int64_t distance = int64_t{geometry.dilation[axis]} * (geometry.size[axis] - 1);
    if (distance > std::numeric_limits<int32_t>::max()) {
      fail_argument("dilation[" + std::to_string(axis) + "] * (size - 1) is " + std::to_string(distance) +
                    ", must be at most 2147483647");
    }
    count *= geometry.size[axis];  // at most 2^20 * 2^31
    if (count > kMostTaps) fail_argument("the kernel has more than " + std::to_string(kMostTaps) + " taps");
  }
  std::vector<Offset> taps(static_cast<std::size_t>(count), Offset{});
  for (int64_t t = 0; t < count; ++t) {
    int64_t rest = t;
    for (int axis = geometry.dimensions - 1; axis >= 0; --axis) {
      taps[t][axis] = rest % geometry.size[axis];
      rest /= geometry.size[axis];
    }
  }
  return taps;
}

inline std::vector<Offset> listed_taps(const spc_geometry &geometry) {
  if (geometry.tap_count < 1 || geometry.tap_count > kMostTaps) {
    fail_argument("tap_count is " + std::to_string(geometry.tap_count) + ", must be 1 to " + std::to_string(kMostTaps));
  }
  std::vector<Offset> taps(static_cast<std::size_t>(geometry.tap_count), Offset{});
  for (std::size_t t = 0; t < taps.size(); ++t) {
    for (int axis = 0; axis < geometry.dimensions; ++axis) {
      taps[t][axis] = geometry.taps[t * static_cast<std::size_t>(geometry.dimensions) + static_cast<std::size_t>(axis)];
      const int64_t distance = geometry.dilation[axis] * taps[t][axis];
      if (distance > std::numeric_limits<int32_t>::max() || distance < -std::numeric_limits<int32_t>::max()) {
        fail_argument("dilation[" + std::to_string(axis) + "] * taps[" + std::to_string(t) + "] is " +
                      std::to_string(distance) + ", must be -2147483647 to 2147483647");
      }
    }
  }
  std::vector<std::size_t> order(taps.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return taps[a] < taps[b]; });
  const auto twice =
      std::adjacent_find(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return taps[a] == taps[b]; });
  if (twice != order.end()) {
    fail_argument("taps[" + std::to_string(twice[0]) + "] and taps[" + std::to_string(twice[1]) +
                  "] are equal, must be distinct");
  }
  return taps;
}

inline Kernel make_kernel(const spc_geometry &geometry) {
  check_dimensions(geometry.dimensions);
  Kernel kernel;
  kernel.dimensions = geometry.dimensions;
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    check_positive("stride", axis, geometry.stride[axis]);
    check_positive("dilation", axis, geometry.dilation[axis]);
    kernel.stride[axis] = geometry.stride[axis];
  }
  kernel.offsets = geometry.taps != nullptr ? listed_taps(geometry) : box_taps(geometry);
  for (Offset &offset : kernel.offsets) {
    for (int axis = 0; axis < geometry.dimensions; ++axis) {
      offset[axis] = geometry.dilation[axis] * offset[axis] - geometry.padding[axis];
    }
  }
  return kernel;
}

}  // namespace spc
