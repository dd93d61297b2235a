// One thread works on a few channels of a row. The threads of a warp take consecutive channels of a row and continue in
// the next row, so that together they read and write consecutive memory.
#pragma once

#include "device.cuh"

// Channels of T that 16 bytes hold.
template <class T>
constexpr int kVector = 16 / sizeof(T);

struct Place {
  int64_t row;
  int64_t channel;  // the first one
};

// The place of a thread where `row_threads` threads of `width` channels share a row. A division of 64 bits takes ten
// times as long as one of 32.
SPC_DEVICE Place place_of(int64_t thread, int64_t row_threads, int width) {
  const int64_t row = (thread | row_threads) >> 32 == 0
                          ? static_cast<uint32_t>(thread) / static_cast<uint32_t>(row_threads)
                          : thread / row_threads;
  return {row, (thread - row * row_threads) * width};
}

// Reads or writes with as few accesses as possible. The address must be aligned to the size of all, or to 16 bytes.
template <int kWidth, class T>
SPC_DEVICE void load(T (&to)[kWidth], const T *from) {
  constexpr int kBytes = kWidth * sizeof(T);
  if constexpr (kBytes % 16 == 0) {
    uint4 words[kBytes / 16];
    SPC_UNROLL
    for (int i = 0; i < kBytes / 16; ++i) words[i] = reinterpret_cast<const uint4 *>(from)[i];
    memcpy(to, words, kBytes);
  } else if constexpr (kBytes == 8) {
    const uint2 words = *reinterpret_cast<const uint2 *>(from);
    memcpy(to, &words, kBytes);
  } else {
    SPC_UNROLL
    for (int n = 0; n < kWidth; ++n) to[n] = from[n];
  }
}

template <int kWidth, class T>
SPC_DEVICE void store(T *to, const T (&from)[kWidth]) {
  constexpr int kBytes = kWidth * sizeof(T);
  if constexpr (kBytes % 16 == 0) {
    uint4 words[kBytes / 16];
    memcpy(words, from, kBytes);
    SPC_UNROLL
    for (int i = 0; i < kBytes / 16; ++i) reinterpret_cast<uint4 *>(to)[i] = words[i];
  } else if constexpr (kBytes == 8) {
    uint2 words;
    memcpy(&words, from, kBytes);
    *reinterpret_cast<uint2 *>(to) = words;
  } else {
    SPC_UNROLL
    for (int n = 0; n < kWidth; ++n) to[n] = from[n];
  }
}

// Rounds from the type that was computed in.
template <int kWidth, class T>
SPC_DEVICE void store_narrow(T *to, const Sum<T> (&from)[kWidth]) {
  T values[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) narrow(from[n], values[n]);
  store(to, values);
}

// A product that is rounded before it is added, as on the CPU. NVRTC would otherwise fuse both into one instruction.
SPC_DEVICE float product(float a, float b) {
  return __fmul_rn(a, b);
}
SPC_DEVICE double product(double a, double b) {
  return __dmul_rn(a, b);
}
