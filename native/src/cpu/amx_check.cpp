#include <algorithm>
#include <iterator>

#include "cpu/amx.h"

namespace spc {
namespace {

// Two more than one AMX tile in every direction: rows or pairs, channels in and out.
constexpr int64_t kCount = 34, kIn = 34, kOut = 34, kPadded = 48, kPackedRows = 34;
constexpr int64_t kAtOnce = 64, kRows = 40;

// Small whole numbers, whose sums are exact in float32 in any order.
int whole(int64_t row, int64_t column) {
  return static_cast<int>((row * 7 + column * 5) % 13) - 6;
}
BFloat16 number(int64_t row, int64_t column) {
  BFloat16 result;
  narrow(static_cast<float>(whole(row, column)), result);
  return result;
}

struct Problem {
  alignas(kLaneBytes) float sums[kRows * kPadded];
  alignas(kLaneBytes) float packed[kPackedRows * kPadded];
  alignas(kLaneBytes) float scratch[kAtOnce * 2 * kPadded];
  BFloat16 input[kRows * kIn], other[kRows * kOut];  // other: the weight, or the gradient of the output
  int32_t from[kCount], to[kCount];

  Problem() {
    std::fill(std::begin(sums), std::end(sums), 1.0f);
    for (int64_t row = 0; row < kRows; ++row) {
      for (int64_t k = 0; k < kIn; ++k) input[row * kIn + k] = number(row, k);
      for (int64_t n = 0; n < kOut; ++n) other[row * kOut + n] = number(n, row + 3);
    }
    for (int32_t i = 0; i < kCount; ++i) {
      from[i] = (i * 11 + 5) % kRows;
      to[i] = i + i / 8;
    }
  }
};

bool accumulates_right(const LoopsOf<BFloat16> &loops) {
  Problem p;
  loops.pack({p.other, kOut, 1, kIn, kOut, p.packed});
  Accumulate<BFloat16> part{};
  part.input = p.input;
  part.from = p.from;
  part.to = p.to;
  part.count = kCount;
  part.weight = p.packed;
  part.sums = p.sums;
  part.scratch = p.scratch;
  part.input_step = part.in = kIn;
  part.padded = kPadded;
  part.out = kOut;
  loops.accumulate(part);
  bool right = true;
  float expected[kRows * kOut];
  std::fill(std::begin(expected), std::end(expected), 1.0f);
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t n = 0; n < kOut; ++n) {
      for (int64_t k = 0; k < kIn; ++k) {
        expected[p.to[i] * kOut + n] += static_cast<float>(whole(p.from[i], k) * whole(n, k + 3));
      }
    }
  }
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t n = 0; n < kOut; ++n) right &= p.sums[row * kPadded + n] == expected[row * kOut + n];
  }
  return right;
}

bool multiplies_pairs_right(const LoopsOf<BFloat16> &loops) {
  Problem p;
  Outer<BFloat16> part{};
  part.input = p.input;
  part.grad = p.other;
  part.from = p.from;
  part.to = p.to;
  part.count = kCount;
  part.sums = p.sums;
  part.scratch = p.scratch;
  part.at_once = kAtOnce;
  part.input_step = part.in = kIn;
  part.grad_step = part.out = kOut;
  part.padded = kPadded;
  loops.outer(part);
  bool right = true;
  for (int64_t k = 0; k < kRows; ++k) {
    for (int64_t n = 0; n < kOut; ++n) {
      float expected = 1;
      for (int64_t i = 0; k < kIn && i < kCount; ++i) {
        expected += static_cast<float>(whole(p.from[i], k) * whole(n, p.to[i] + 3));
      }
      right &= p.sums[k * kPadded + n] == expected;
    }
  }
  return right;
}

}  // namespace

bool multiplies_right(const LoopsOf<BFloat16> &loops) noexcept {
  loops.begin();
  const bool right = accumulates_right(loops) && multiplies_pairs_right(loops);
  loops.end();
  return right;
}

}  // namespace spc
