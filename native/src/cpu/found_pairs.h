// Pairs as a walk finds them: a walk goes over one part of one side and finds positions on the other side.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"
#include "parallel.h"

namespace spc {

constexpr int kPartRowBits = 13;
constexpr int kOtherBits = 31;
constexpr int64_t kMostPartRows = int64_t{1} << kPartRowBits;
static_assert(kMostTaps <= int64_t{1} << (64 - kPartRowBits - kOtherBits));

// A tap, a position on the other side, and a position on the walked side, counted from the first of the part.
class FoundPair {
 public:
  FoundPair() = default;
  FoundPair(int64_t tap, uint64_t other, uint64_t walked)
      : bits_(static_cast<uint64_t>(tap) << (kPartRowBits + kOtherBits) | other << kPartRowBits | walked) {}

  int64_t tap() const { return static_cast<int64_t>(bits_ >> (kPartRowBits + kOtherBits)); }
  int64_t other() const { return static_cast<int64_t>(bits_ >> kPartRowBits & ((uint64_t{1} << kOtherBits) - 1)); }
  int64_t walked() const { return static_cast<int64_t>(bits_ & (kMostPartRows - 1)); }

 private:
  uint64_t bits_;
};

// The pairs of a part. Those of one tap ascend on both sides.
struct FoundPairs {
  PooledVector<FoundPair> pairs;
  int64_t first_row = 0;  // of the part
};

}  // namespace spc
