// Checks of the arguments of links, for both engines.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "error.h"

namespace spc {

inline void check_point_count(int64_t points) {
  if (points < 0) fail_argument("points is " + std::to_string(points) + ", must be 0 or more");
  if (points > std::numeric_limits<int32_t>::max()) {
    fail_unsupported("points is " + std::to_string(points) + ", at most 2147483647 are possible");
  }
}

inline void check_point_links(const double *points, int64_t count, int32_t kind, int32_t missing, double anchor) {
  check_point_count(count);
  if (count > 0 && points == nullptr) fail_argument("points is NULL");
  if (kind != SPC_NEAREST && kind != SPC_LINEAR) {
    fail_argument("kind is " + std::to_string(kind) + ", must be SPC_NEAREST or SPC_LINEAR");
  }
  if (missing != SPC_MISSING_ZERO && missing != SPC_MISSING_RENORMALIZE) {
    fail_argument("missing is " + std::to_string(missing) + ", must be SPC_MISSING_ZERO or SPC_MISSING_RENORMALIZE");
  }
  if (!(anchor >= 0 && anchor <= 1)) fail_argument("anchor is " + std::to_string(anchor) + ", must be 0 to 1");
}

// place: in points [count, dimensions].
[[noreturn]] inline void fail_not_finite(int64_t place, int dimensions, double value) {
  fail_argument("point " + std::to_string(place / dimensions) + " has " + std::to_string(value) + " on axis " +
                std::to_string(place % dimensions) + ", must be finite");
}

inline void check_row_links(const int64_t *row_of_point, int64_t count, int64_t rows) {
  check_point_count(count);
  if (rows < 0 || rows > std::numeric_limits<int32_t>::max()) {
    fail_argument("rows is " + std::to_string(rows) + ", must be 0 to 2147483647");
  }
  if (count > 0 && row_of_point == nullptr) fail_argument("row_of_point is NULL");
}

[[noreturn]] inline void fail_no_row(int64_t point, int64_t row, int64_t rows) {
  fail_argument("row_of_point[" + std::to_string(point) + "] is " + std::to_string(row) + ", must be -1 to " +
                std::to_string(rows - 1));
}

}  // namespace spc
