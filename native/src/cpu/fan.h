// Taps by where they lead: what they add to all leading coordinates but the last leads from a slab of one level to a
// slab of the other, what they add to the last one from line to line, and the rest along the line.
#pragma once

#include <array>
#include <vector>

#include "geometry.h"

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

}  // namespace spc
