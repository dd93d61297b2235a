// Shared by the passes of a convolution: the padding of rows of sums and the division of the caller's workspace.
#pragma once

#include <algorithm>
#include <type_traits>

#include "convolution_checks.h"
#include "cpu/inner_loops.h"

namespace spc {

constexpr int64_t kSerialWork = int64_t{1} << 17;  // multiply-adds below which a second thread does not pay

template <class T>
inline constexpr int32_t kTypeOf = SPC_FLOAT32;
template <>
inline constexpr int32_t kTypeOf<double> = SPC_FLOAT64;
template <>
inline constexpr int32_t kTypeOf<BFloat16> = SPC_BFLOAT16;
template <>
inline constexpr int32_t kTypeOf<Float16> = SPC_FLOAT16;

// The columns of a row of sums, with its padding.
template <class T>
int64_t padded(int64_t columns) {
  constexpr int64_t kLanes = kLaneBytes / static_cast<int64_t>(sizeof(Sum<T>));
  return (columns + kLanes - 1) / kLanes * kLanes;
}

constexpr int64_t aligned(int64_t bytes) {
  return (bytes + kLaneBytes - 1) / kLaneBytes * kLaneBytes;
}

// Rows of one tap's packed weights. AMX tiles read those of bfloat16 joined in pairs, kAmxDepth channels at a time.
template <class T>
int64_t packed_rows(int64_t in) {
  return std::is_same_v<T, BFloat16> ? std::max(in, kAmxDepth / 2) : in;
}

// The bytes of the packed weights of all taps.
template <class T>
int64_t packed_bytes(int64_t taps, int64_t in, int64_t out) {
  return taps * in * padded<T>(out) * static_cast<int64_t>(sizeof(Sum<T>));
}

}  // namespace spc
