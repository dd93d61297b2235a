// A rulebook in one direction, for the passes of a convolution, and code that they share. Tests fill it by hand.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cuda/rulebook.h"
#include "matrix.h"

namespace spc::cuda {

struct Route {
  int64_t taps = 0;
  std::vector<int64_t> starts;             // [taps + 1] of the pairs of each tap
  const int64_t *device_starts = nullptr;  // the same
  const int32_t *from = nullptr;           // [pairs]: rows that are read
  const int32_t *to = nullptr;             // [pairs]: rows that are written
  int64_t rows_read = 0;
  Side written;

  int64_t pairs() const { return starts.back(); }
  bool has_table() const { return written.table != nullptr || written.rows == 0; }
};

struct Channels {
  int64_t groups;
  int64_t in, out;  // of one group
  int32_t type;

  // Whether this is a depthwise convolution, which has CUDA kernels of its own.
  bool by_channel() const { return groups > 1 && in == 1 && out == 1; }
  int64_t all_in() const { return groups * in; }
  int64_t all_out() const { return groups * out; }
  // The channels of the gradient of the input, with in and out swapped.
  Channels reversed() const { return {groups, out, in, type}; }
};

inline int64_t size_of(int32_t type) {
  return type == SPC_FLOAT64 ? 8 : type == SPC_FLOAT32 ? 4 : 2;
}
inline int64_t sum_size_of(int32_t type) {
  return type == SPC_FLOAT64 ? 8 : 4;
}
// Whether it may stand for 16-bit numbers without being of their type.
inline int32_t is_wide(const spc_matrix &parameter, int32_t type) {
  return parameter.element_type != type ? 1 : 0;
}
inline std::string element_macro(int32_t type) {
  constexpr const char *kNames[] = {"float", "double", "BFloat16", "Float16"};
  return std::string("ELEMENT=") + kNames[type];
}

constexpr int64_t divide_up(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
constexpr int64_t round_up(int64_t a, int64_t b) {
  return divide_up(a, b) * b;
}
// The parts of a workspace begin at multiples of this.
constexpr int64_t kPiece = 256;

// Whether products of a type may run, and do run, on tensor cores of the device.
bool has_tensor_cores(const Device &device, int32_t type);

// Whether there is enough work that measuring pays, and whether measuring is allowed.
bool worth_tuning(const Route &route, const Channels &channels);
// A text that routes and channels share where the same CUDA kernel should be the fastest for them.
std::string shape_of(const Route &route, const Channels &channels);

// Whether rows that are `step` numbers apart, and their groups of `channels`, can be read in vectors of `count`.
inline bool vectors_fit(const void *first, int64_t step, int64_t channels, int64_t count, int64_t size) {
  const int64_t bytes = std::min<int64_t>(count * size, 16);
  return reinterpret_cast<uintptr_t>(first) % static_cast<uintptr_t>(bytes) == 0 && step % count == 0 &&
         channels % count == 0;
}

}  // namespace spc::cuda
