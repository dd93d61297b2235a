// Checks of the matrices that callers give, and their typed data.
#pragma once

#include <string>

#include "error.h"

namespace spc {

inline void check_direction(int32_t direction) {
  if (direction == SPC_FINE_TO_COARSE || direction == SPC_COARSE_TO_FINE) return;
  fail_argument("direction is " + std::to_string(direction) + ", must be SPC_FINE_TO_COARSE or SPC_COARSE_TO_FINE");
}

inline void check_matrix(const char *name, const spc_matrix &matrix, int64_t rows, int64_t columns, int32_t type) {
  const auto expect = [&](const char *what, int64_t value, int64_t wanted) {
    if (value == wanted) return;
    fail_argument(std::string(name) + "." + what + " is " + std::to_string(value) + ", must be " +
                  std::to_string(wanted));
  };
  expect("device", matrix.device, -1);
  expect("element_type", matrix.element_type, type);
  expect("rows", matrix.rows, rows);
  expect("columns", matrix.columns, columns);
  if (matrix.data == nullptr && rows > 0) fail_argument(std::string(name) + ".data is NULL");
}

template <class T>
T *data(const spc_matrix &matrix) {
  return static_cast<T *>(matrix.data);
}

}  // namespace spc
