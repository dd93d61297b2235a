// Taps by where they lead: what they add to all leading coordinates but the last leads from a slab of one level to a
// slab of the other, what they add to the last one from line to line, and the rest along the line.
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

// By offset.
std::vector<FanSlab> fan_out(const SplitOffsets &offsets, int dimensions);

// Sorts items by the rest that they need and finds those of a rest.
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

  // Where the stride is too large for a table, all items: each says which rest it needs.
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
