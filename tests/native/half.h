// The 16-bit formats by their definition, slowly: numbers of so many significant bits between two exponents, rounded to
// nearest, ties to even.
#pragma once

#include <cmath>
#include <limits>

#include "handles.h"

namespace test {

// Significant: bits of the significand with the leading one. Exponent: bits of the exponent.
template <int Significant, int Exponent>
class Half {
 public:
  static constexpr int kBias = (1 << (Exponent - 1)) - 1;
  static constexpr int kLeast = 1 - kBias - (Significant - 1);  // exponent of the smallest number

  Half() = default;
  explicit Half(double value) : bits_(encode(value)) {}
  static Half of_bits(uint16_t bits) {
    Half result;
    result.bits_ = bits;
    return result;
  }
  uint16_t bits() const { return bits_; }
  bool operator==(const Half &) const = default;

  operator double() const {
    const int exponent = bits_ >> (Significant - 1) & ((1 << Exponent) - 1);
    const int rest = bits_ & ((1 << (Significant - 1)) - 1);
    const double sign = bits_ >> 15 != 0 ? -1 : 1;
    if (exponent == (1 << Exponent) - 1) {
      return rest != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
    }
    if (exponent == 0) return sign * std::ldexp(rest, kLeast);
    return sign * std::ldexp(rest + (1 << (Significant - 1)), kLeast + exponent - 1);
  }

 private:
  static uint16_t encode(double value) {
    constexpr uint16_t kInfinity = ((1 << Exponent) - 1) << (Significant - 1);
    const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
    if (std::isnan(value)) return static_cast<uint16_t>(sign | kInfinity | 1 << (Significant - 2));
    if (std::isinf(value)) return sign | kInfinity;
    const double size = std::fabs(value);
    const int place = std::max(size == 0 ? kLeast : std::ilogb(size) - (Significant - 1), kLeast);
    // Counts from zero in units of the last place; a carry out of the significand is one more exponent by itself.
    const auto units = static_cast<int64_t>(std::nearbyint(std::ldexp(size, -place)));
    const int64_t code = (static_cast<int64_t>(place - kLeast) << (Significant - 1)) + units;
    return static_cast<uint16_t>(sign | std::min<int64_t>(code, kInfinity));
  }

  uint16_t bits_ = 0;
};

using BFloat16 = Half<8, 8>;
using Float16 = Half<11, 5>;
template <>
constexpr int32_t kTypeOf<BFloat16> = SPC_BFLOAT16;
template <>
constexpr int32_t kTypeOf<Float16> = SPC_FLOAT16;

// The values that a matrix has once it is stored in a format.
template <class T>
oracle::Matrix stored(oracle::Matrix values) {
  for (double &value : values) value = static_cast<double>(T(value));
  return values;
}

}  // namespace test
