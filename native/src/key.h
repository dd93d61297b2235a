// Sites as integers. A lattice is cut into blocks of 64 sites along its last axis; a block's key is the mixed radix
// number of (batch, leading coordinates, block along the last axis) over the bounding box. Keys order sites
// lexicographically, and the law keeps that order: for one tap, stride * c + offset ascends with c.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "error.h"

namespace spc {

constexpr int kMaxAxes = 1 + SPC_MAX_DIMENSIONS;  // batch first
constexpr int kBlockSites = 64;

using Site = std::array<int64_t, kMaxAxes>;

struct Box {
  int axes = 0;
  Site low{};
  Site extent{};                             // sites, positive
  uint64_t line_blocks = 1;                  // blocks along the last axis
  std::array<uint64_t, kMaxAxes> weights{};  // in blocks

  int last() const { return axes - 1; }

  // Throws when the box holds more sites than keys.
  static Box make(int axes, const Site &low, const Site &high) {
    constexpr uint64_t kMostBlocks = uint64_t{1} << 57;
    Box box;
    box.axes = axes;
    box.low = low;
    uint64_t blocks = 1;
    std::string spans;
    bool fits = true;
    for (int axis = axes - 1; axis >= 0; --axis) {
      box.extent[axis] = high[axis] - low[axis] + 1;
      const auto extent = static_cast<uint64_t>(box.extent[axis]);
      spans = std::to_string(extent) + (spans.empty() ? "" : " x ") + spans;
      box.weights[axis] = blocks;
      const uint64_t digits = axis == axes - 1 ? (extent + kBlockSites - 1) / kBlockSites : extent;
      fits = fits && digits <= kMostBlocks / blocks;
      if (fits) blocks *= digits;
    }
    box.line_blocks = (static_cast<uint64_t>(box.extent[axes - 1]) + kBlockSites - 1) / kBlockSites;
    if (!fits) {
      fail_unsupported("the bounding box of the coordinates (batch first) has " + spans +
                       " sites, more than the 2^63 that a key can number");
    }
    return box;
  }

  uint64_t blocks() const { return weights[0] * static_cast<uint64_t>(extent[0]); }

  bool holds(int axis, int64_t value) const { return value >= low[axis] && value - low[axis] < extent[axis]; }

  // The key of the first block of the line through the site along the last axis.
  uint64_t line(const Site &site) const {
    uint64_t key = 0;
    for (int axis = 0; axis < last(); ++axis) key += weights[axis] * static_cast<uint64_t>(site[axis] - low[axis]);
    return key;
  }
};

// Computes the first site of a block from its key. Ascending keys are fast: only digits that change are divided out.
class SiteReader {
 public:
  explicit SiteReader(const Box &box) : box_(box), site_(box.low) {}

  const Site &read(uint64_t key) {
    for (int axis = 0; axis < box_.last(); ++axis) {
      if (key - starts_[axis] >= box_.weights[axis]) {
        const uint64_t digit = key / box_.weights[axis];
        starts_[axis] = digit * box_.weights[axis];
        site_[axis] = box_.low[axis] + static_cast<int64_t>(digit);
      }
      key -= starts_[axis];
    }
    site_[box_.last()] = box_.low[box_.last()] + static_cast<int64_t>(key) * kBlockSites;
    return site_;
  }

 private:
  const Box &box_;
  Site site_;
  std::array<uint64_t, kMaxAxes> starts_{};  // keys, within what the axes before leave, at which the digits begin
};

}  // namespace spc
