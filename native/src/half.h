// The two 16-bit number formats, which are stored but never computed in. Everything is static and uses nothing of the
// standard library, because files that are compiled for an instruction set include this (docs/adr/0003).
#pragma once

#include <cstdint>

namespace spc {

struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};

// Numbers that are not of 16 bits stay as they are, so that code for all types can be written once.
static inline float widen(float value) {
  return value;
}
static inline double widen(double value) {
  return value;
}
static inline float widen(BFloat16 value) {
  return __builtin_bit_cast(float, static_cast<uint32_t>(value.bits) << 16);
}

static inline float widen(Float16 value) {
  const uint32_t sign = static_cast<uint32_t>(value.bits & 0x8000u) << 16, rest = value.bits & 0x7fffu;
  // After the shift the exponent is 112 too small for float32. A product corrects it, also for subnormal numbers.
  constexpr float kExponents = 0x1p112f;
  const float magnitude = __builtin_bit_cast(float, rest << 13) * kExponents;
  const uint32_t finite = __builtin_bit_cast(uint32_t, magnitude), other = 0x7f800000u | rest << 13;
  return __builtin_bit_cast(float, sign | (rest >= 0x7c00u ? other : finite));
}

// Rounds to nearest, ties to even; not-a-number stays not-a-number.
static inline void narrow(float value, float &to) {
  to = value;
}
static inline void narrow(double value, double &to) {
  to = value;
}
static inline void narrow(float value, BFloat16 &to) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value);
  const uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16, nan = bits >> 16 | 0x40u;
  to.bits = static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? nan : rounded);
}

static inline void narrow(float value, Float16 &to) {
  const uint32_t bits = __builtin_bit_cast(uint32_t, value), sign = bits >> 16 & 0x8000u, rest = bits & 0x7fffffffu;
  if (rest > 0x7f800000u) {
    to.bits = static_cast<uint16_t>(sign | 0x7e00u | (rest >> 13 & 0x3ffu));
  } else if (rest >= 0x47800000u) {  // 2^16 and more
    to.bits = static_cast<uint16_t>(sign | 0x7c00u);
  } else if (rest < 0x38800000u) {  // below 2^-14: subnormal, in units of 2^-24, which the sum's last place is
    const float sum = __builtin_bit_cast(float, rest) + 0.5f;
    to.bits = static_cast<uint16_t>(sign | (__builtin_bit_cast(uint32_t, sum) - 0x3f000000u));
  } else {  // rounding may carry into the exponent, up to infinity
    to.bits = static_cast<uint16_t>(sign | (rest - 0x38000000u + 0xfffu + (rest >> 13 & 1u)) >> 13);
  }
}

// The type of sums over numbers of a type.
template <class T>
struct SumOf {
  using Type = T;
};
template <>
struct SumOf<BFloat16> {
  using Type = float;
};
template <>
struct SumOf<Float16> {
  using Type = float;
};
template <class T>
using Sum = typename SumOf<T>::Type;

template <class T>
constexpr bool kIsHalf = sizeof(T) == 2;

}  // namespace spc
