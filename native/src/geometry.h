// THE LAW: a coarse site c, a fine site f and a tap t of the kernel meet when, on every axis,
//
//     f = stride * c + dilation * t - padding,    0 <= t < size
//
// Here it becomes stride * c + offset, one offset a tap; all else works with that list, so that a kernel need not be a
// box.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "error.h"

namespace spc {

using Offset = std::array<int64_t, SPC_MAX_DIMENSIONS>;

constexpr int64_t kMostTaps = int64_t{1} << 20;

// For a divisor above zero. Strides are powers of two nearly always, and a division takes many times as long as a
// shift.
inline int64_t floor_divide(int64_t a, int64_t b) {
  if ((b & (b - 1)) == 0) return a >> std::countr_zero(static_cast<uint64_t>(b));
  return a / b - (a % b < 0 ? 1 : 0);
}

// Consecutive taps that differ on the last axis alone.
struct Column {
  int64_t first;
  int64_t count;
};

struct Kernel {
  int dimensions = 0;
  Offset stride{};
  std::vector<Offset> offsets;  // by tap

  int64_t taps() const { return static_cast<int64_t>(offsets.size()); }
  int last() const { return dimensions - 1; }

  // Whether tap t and tap taps - 1 - t mirror each other about the site itself: then, within one map, the pairs of one
  // are the pairs of the other with the sides swapped.
  bool is_mirrored() const {
    for (int axis = 0; axis < dimensions; ++axis) {
      if (stride[axis] != 1) return false;
      for (int64_t t = 0; t < taps(); ++t) {
        if (offsets[t][axis] != -offsets[taps() - 1 - t][axis]) return false;
      }
    }
    return taps() % 2 == 1;
  }

  std::vector<Column> columns() const {
    const auto same = [&](const Offset &a, const Offset &b) {
      for (int axis = 0; axis < last(); ++axis) {
        if (a[axis] != b[axis]) return false;
      }
      return true;
    };
    std::vector<Column> result;
    for (int64_t t = 0; t < taps(); ++t) {
      if (t > 0 && same(offsets[t - 1], offsets[t])) {
        ++result.back().count;
      } else {
        result.push_back({t, 1});
      }
    }
    return result;
  }
};

// The law read one way or the other, or flooring: a value and a tap's offset on an axis are each split in two, and lead
// somewhere where the rests are equal, to the sum of the quotients. That leaves one division a value and none a tap.
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

inline Kernel make_kernel(const spc_geometry &geometry) {
  check_dimensions(geometry.dimensions);
  const auto check = [](const char *name, int axis, int32_t value) {
    if (value >= 1) return;
    fail_argument(std::string(name) + "[" + std::to_string(axis) + "] is " + std::to_string(value) +
                  ", must be positive");
  };
  Kernel kernel;
  kernel.dimensions = geometry.dimensions;
  int64_t taps = 1;
  for (int axis = 0; axis < geometry.dimensions; ++axis) {
    check("size", axis, geometry.size[axis]);
    check("stride", axis, geometry.stride[axis]);
    check("dilation", axis, geometry.dilation[axis]);
    const int64_t reach = int64_t{geometry.dilation[axis]} * (geometry.size[axis] - 1);
    if (reach > std::numeric_limits<int32_t>::max()) {
      fail_argument("dilation[" + std::to_string(axis) + "] * (size - 1) is " + std::to_string(reach) +
                    ", must be at most 2147483647");
    }
    kernel.stride[axis] = geometry.stride[axis];
    taps *= geometry.size[axis];  // at most 2^20 * 2^31
    if (taps > kMostTaps) {
      fail_argument("the kernel has more than " + std::to_string(kMostTaps) + " taps");
    }
  }
  kernel.offsets.resize(taps);
  for (int64_t t = 0; t < taps; ++t) {
    int64_t rest = t;  // row-major, last axis fastest
    for (int axis = geometry.dimensions - 1; axis >= 0; --axis) {
      const int64_t index = rest % geometry.size[axis];
      rest /= geometry.size[axis];
      kernel.offsets[t][axis] = int64_t{geometry.dilation[axis]} * index - geometry.padding[axis];
    }
  }
  return kernel;
}

}  // namespace spc
