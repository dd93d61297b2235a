// Sorts taps by their offsets. A line is a row of sites along the last axis, and a slab is all lines that differ on the
// axis before it alone. So an offset leads from slab to slab on the first axes, from line to line on the next axis, and
// along the line on the last.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "geometry.h"
#include "parallel.h"

namespace spc {

struct FanTap {
  Split offset;
  int64_t tap;
};

struct FanLine {
  Split offset;
  std::vector<FanTap> taps;  // by offset
};

struct FanSlab {
  std::array<Split, SPC_MAX_DIMENSIONS> offset;  // of the first dimensions - 2 axes
  std::vector<FanLine> lines;                    // by offset
};

// The taps as slabs, lines and taps, each sorted by offset.
std::vector<FanSlab> fan_out(const SplitOffsets &offsets, int dimensions);

// Sorts items by the rest that they need, and finds the items with one rest.
class Rests {
 public:
  Rests() = default;

  template <class T>
  Rests(std::vector<T> &items, int64_t stride) : count_(std::ssize(items)) {
    std::stable_sort(items.begin(), items.end(), [](const T &a, const T &b) { return a.rest < b.rest; });
    if (stride > kMostRests) return;
    int64_t item = 0;
    for (int64_t rest = 0; rest <= stride; ++rest) {
      while (item < count_ && items[item].rest < rest) ++item;
      starts_.push_back(item);
    }
  }

  // Gives all items where the stride is too large for a table; the caller then compares their rests.
  Range find(int64_t rest) const {
    if (starts_.empty()) return {0, count_};
    return {starts_[rest], starts_[rest + 1]};
  }

 private:
  static constexpr int64_t kMostRests = 64;
  int64_t count_ = 0;
  std::vector<int64_t> starts_;
};

}  // namespace spc
