// A few channels of a row in the hands of one thread. The threads of a warp stand side by side in a row and go on in
// the next one, so that what they read and write together is consecutive.
#pragma once

#include "device.cuh"

// Channels of T that 16 bytes hold.
template <class T>
constexpr int kVector = 16 / sizeof(T);

struct Place {
  int64_t row;
  int64_t channel;  // the first one
};

// The place of a thread where `lots` threads of `width` channels share a row. A division of 64 bits takes ten times as
// long as one of 32.
SPC_DEVICE Place place_of(int64_t thread, int64_t lots, int width) {
  const int64_t row =
      (thread | lots) >> 32 == 0 ? static_cast<uint32_t>(thread) / static_cast<uint32_t>(lots) : thread / lots;
  return {row, (thread - row * lots) * width};
}

// In as few accesses as the bytes allow, which have to be aligned to their size or to 16.
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

// Rounded from what they were computed in.
template <int kWidth, class T>
SPC_DEVICE void store_narrow(T *to, const Sum<T> (&from)[kWidth]) {
  T values[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) narrow(from[n], values[n]);
  store(to, values);
}

// Rounded before it is added to anything, as on the CPU: left alone, NVRTC makes one instruction of both.
SPC_DEVICE float product(float a, float b) {
  return __fmul_rn(a, b);
}
SPC_DEVICE double product(double a, double b) {
  return __dmul_rn(a, b);
}
