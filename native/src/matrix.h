// Checks of the caller's matrices, and typed access to their data.
#pragma once

#include <string>

#include "array.h"
#include "error.h"
#include "half.h"

namespace spc {

constexpr int64_t kMostChannels = int64_t{1} << 24;

inline void check_element_type(int32_t type) {
  if (type >= SPC_FLOAT32 && type <= SPC_FLOAT16) return;
  fail_argument("element type is " + std::to_string(type) + ", there is no such type");
}

inline void check_channels(const char *name, int64_t channels) {
  if (channels >= 1 && channels <= kMostChannels) return;
  fail_argument(std::string(name) + " is " + std::to_string(channels) + ", must be 1 to " +
                std::to_string(kMostChannels));
}

inline void check_direction(int32_t direction) {
  if (direction == SPC_FINE_TO_COARSE || direction == SPC_COARSE_TO_FINE) return;
  fail_argument("direction is " + std::to_string(direction) + ", must be SPC_FINE_TO_COARSE or SPC_COARSE_TO_FINE");
}

inline void check_pooling_kind(int32_t kind) {
  if (kind >= SPC_POOL_MAX && kind <= SPC_POOL_MEAN_VOLUME) return;
  fail_argument("kind is " + std::to_string(kind) +
                ", must be SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN or SPC_POOL_MEAN_VOLUME");
}

inline void check_splat_kind(int32_t kind) {
  if (kind == SPC_SPLAT_SUM || kind == SPC_SPLAT_MEAN || kind == SPC_SPLAT_MAX) return;
  fail_argument("kind is " + std::to_string(kind) + ", must be SPC_SPLAT_SUM, SPC_SPLAT_MEAN or SPC_SPLAT_MAX");
}

// Checks the data that a forward pass saved for the gradient, where the gradient needs it.
inline void check_saved(bool needed, const int32_t *saved, const spc_matrix &grad_output) {
  if (!needed || saved != nullptr || grad_output.rows == 0 || grad_output.columns == 0) return;
  fail_argument("saved is NULL, must be what the forward pass wrote");
}

// For a matrix in host memory that will be written whole. It is often new, and gets its pages at the first write.
template <class T>
void prefer_large_pages(const spc_matrix &matrix) {
  prefer_large_pages(matrix.data, static_cast<std::size_t>(matrix.rows * matrix.columns) * sizeof(T));
}

// device: the device of the object that the matrix is used with, -1 for the CPU.
inline void check_matrix(const char *name, const spc_matrix &matrix, int64_t rows, int64_t columns, int32_t type,
                         int32_t device = -1) {
  const auto expect = [&](const char *what, int64_t value, int64_t wanted) {
    if (value == wanted) return;
    fail_argument(std::string(name) + "." + what + " is " + std::to_string(value) + ", must be " +
                  std::to_string(wanted));
  };
  expect("device", matrix.device, device);
  expect("element_type", matrix.element_type, type);
  expect("rows", matrix.rows, rows);
  expect("columns", matrix.columns, columns);
  if (matrix.data == nullptr && rows > 0) fail_argument(std::string(name) + ".data is NULL");
}

// For a weight, a bias or its gradient, which may be float32 beside 16-bit features.
inline void check_parameter(const char *name, const spc_matrix &matrix, int64_t rows, int64_t columns, int32_t type,
                            int32_t device = -1) {
  const int32_t given = matrix.element_type;
  const bool half = type == SPC_BFLOAT16 || type == SPC_FLOAT16;
  if (half && given != type && given != SPC_FLOAT32) {
    fail_argument(std::string(name) + ".element_type is " + std::to_string(given) + ", must be " +
                  std::to_string(type) + " or " + std::to_string(SPC_FLOAT32));
  }
  check_matrix(name, matrix, rows, columns, half ? given : type, device);
}

// Calls run with a value of the element type.
template <class Run>
void by_type(int32_t type, const Run &run) {
  check_element_type(type);
  switch (type) {
    case SPC_FLOAT32:
      return run(float{});
    case SPC_FLOAT64:
      return run(double{});
    case SPC_BFLOAT16:
      return run(BFloat16{});
    default:
      return run(Float16{});
  }
}

// The operations on sums before they are stored.
struct Epilogue {
  const spc_matrix *scale;     // or null
  const spc_matrix *bias;      // or null
  const spc_matrix *residual;  // or null
  int32_t activation;
};

template <class T>
T *data(const spc_matrix &matrix) {
  return static_cast<T *>(matrix.data);
}

}  // namespace spc
