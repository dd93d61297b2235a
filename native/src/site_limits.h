// The limits of maps and of the sites that may be made, for both engines.
#pragma once

#include <algorithm>
#include <limits>
#include <string>

#include "error.h"
#include "geometry.h"
#include "key.h"

namespace spc {

constexpr int64_t kMostMapRows = std::numeric_limits<int32_t>::max();

inline void check_rows(const int32_t *coordinates, int64_t rows, int dimensions) {
  check_dimensions(dimensions);
  if (rows < 0) fail_argument("rows is " + std::to_string(rows) + ", must be 0 or more");
  if (rows > kMostMapRows) fail_unsupported("rows is " + std::to_string(rows) + ", a map holds at most 2147483647");
  if (rows > 0 && coordinates == nullptr) fail_argument("coordinates is NULL");
}

[[noreturn]] inline void fail_too_many_rows(int64_t rows) {
  fail_unsupported("the map would have " + std::to_string(rows) + " rows, at most 2147483647 are possible");
}

[[noreturn]] inline void fail_twice(const int32_t *site, int axes, int64_t first, int64_t second) {
  std::string text = "(";
  for (int axis = 0; axis < axes; ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(site[axis]);
  fail_argument("coordinate " + text + ") stands twice, in rows " + std::to_string(first) + " and " +
                std::to_string(second));
}

// Fails for a site that int32 cannot hold on an axis; batch is axis 0.
[[noreturn]] inline void fail_outside(int axis, int64_t value) {
  fail_argument("a site at " + std::to_string(value) + " on axis " + std::to_string(axis - 1) +
                " would be made, outside of int32; give bounds or move the coordinates");
}

inline void check_kernel(const Kernel &kernel, int dimensions) {
  if (kernel.dimensions == dimensions) return;
  fail_argument("the geometry has " + std::to_string(kernel.dimensions) + " dimensions and the map " +
                std::to_string(dimensions));
}

inline void check_bounds(const int32_t *bounds, int dimensions) {
  for (int axis = 0; bounds != nullptr && axis < dimensions; ++axis) {
    if (bounds[axis] >= 0) continue;
    fail_argument("bounds[" + std::to_string(axis) + "] is " + std::to_string(bounds[axis]) + ", must be 0 or more");
  }
}

// The box in which sites may be made.
struct Limits {
  bool bounded;
  Site low{}, high{};

  Limits(int axes, const int32_t *bounds) : bounded(bounds != nullptr) {
    for (int axis = 0; axis < axes; ++axis) {
      const bool open = axis == 0 || !bounded;  // a batch index is never bounded
      low[axis] = open ? std::numeric_limits<int32_t>::min() : 0;
      high[axis] = open ? std::numeric_limits<int32_t>::max() : int64_t{bounds[axis - 1]} - 1;
    }
  }

  // Whether a site with this value is wanted; throws where int32 cannot hold it and no bounds exclude it.
  bool admit(int axis, int64_t value) const {
    if (value >= low[axis] && value <= high[axis]) return true;
    if (bounded) return false;
    fail_outside(axis, value);
  }
};

// The span of values on an axis that sites in `from` can lead to, without limits.
struct Span {
  int64_t low, high;
};
inline Span reached_span(const Box &from, const Kernel &kernel, const SplitOffsets &offsets, Reading reading,
                         int axis) {
  int64_t least = offsets[0][axis - 1].quotient, most = least;
  for (const auto &offset : offsets) {
    least = std::min(least, offset[axis - 1].quotient);
    most = std::max(most, offset[axis - 1].quotient);
  }
  const int64_t stride = kernel.stride[axis - 1], last = from.low[axis] + from.extent[axis] - 1;
  return {split_value(reading, stride, from.low[axis]).quotient + least,
          split_value(reading, stride, last).quotient + most};
}

// The box of all sites that sites in `from` can lead to; false where the bounds leave none. The box may be larger than
// the sites that are made, because which values occur is known only for each site.
inline bool reached_box(const Box &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits,
                        Reading reading, Box &out) {
  Site low = from.low, high{};
  high[0] = low[0] + from.extent[0] - 1;
  for (int axis = 1; axis < from.axes; ++axis) {
    const Span span = reached_span(from, kernel, offsets, reading, axis);
    low[axis] = std::max(span.low, limits.low[axis]);
    high[axis] = std::min(span.high, limits.high[axis]);
    if (low[axis] > high[axis]) {
      if (limits.bounded) return false;
      low[axis] = high[axis] = 0;  // int32 holds no value of the span: the walk over the sites reports the first site
    }
  }
  out = Box::make(from.axes, low, high);
  return true;
}

}  // namespace spc
