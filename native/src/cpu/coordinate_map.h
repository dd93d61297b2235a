// The voxels of one level, in blocks of 64 sites along the last axis that are sorted by key. Each block is a bit mask
// of its voxels. The position of a voxel is the base of its block plus the number of bits below it, so positions are in
// lexicographic order of coordinates. The row that a user sees is the position, or is looked up by it.
#pragma once

#include <bit>
#include <cstdint>
#include <memory>

#include "array.h"
#include "geometry.h"
#include "key.h"
#include "parallel.h"

namespace spc {

inline int64_t bits_below(uint64_t mask, int bit) {
  return std::popcount(mask & ((uint64_t{1} << bit) - 1));
}

// Bits 0, 2, 4, ... as the lowest 32 bits.
inline uint64_t even_bits(uint64_t mask) {
  mask &= 0x5555555555555555;
  mask = (mask | mask >> 1) & 0x3333333333333333;
  mask = (mask | mask >> 2) & 0x0f0f0f0f0f0f0f0f;
  mask = (mask | mask >> 4) & 0x00ff00ff00ff00ff;
  mask = (mask | mask >> 8) & 0x0000ffff0000ffff;
  return (mask | mask >> 16) & 0x00000000ffffffff;
}

// A shared table of rows: a rulebook keeps it alive after its map.
using RowTable = std::shared_ptr<const int32_t[]>;

struct Sites {
  Box box;
  bool tight = false;  // whether sites are known to touch every side of the box
  int64_t rows = 0;
  int64_t blocks = 0;
  Array<uint64_t> keys;   // [blocks], ascending
  Array<uint64_t> masks;  // [blocks], never 0
  Array<int32_t> bases;   // [blocks]
  RowTable row_of;        // [rows], by position; null where row and position are one

  int dimensions() const { return box.axes - 1; }
  int32_t row(int64_t position) const { return row_of ? row_of[position] : static_cast<int32_t>(position); }
  int64_t position(int64_t block, int bit) const { return bases[block] + bits_below(masks[block], bit); }
  int64_t bytes() const { return static_cast<int64_t>(sizeof(Sites)) + blocks * (8 + 8 + 4) + (row_of ? rows * 4 : 0); }

  // The first block at or after `start` whose key is not below `key`, found by doubling steps from `start`.
  int64_t seek(int64_t start, uint64_t key) const {
    int64_t low = start, step = 1;
    while (low < blocks && keys[low] < key) {
      if (low + step >= blocks || keys[low + step] >= key) {
        int64_t high = std::min(low + step, blocks);
        while (low + 1 < high) {
          const int64_t middle = low + (high - low) / 2;
          (keys[middle] < key ? low : high) = middle;
        }
        return high;
      }
      low += step;
      step *= 2;
    }
    return low;
  }
};

// Calls use(block, line, word) for some blocks of the slab with first key `slab`: the line of the block within the slab
// and its index within the line.
template <class Use>
void for_blocks(const Sites &sites, uint64_t slab, Range blocks, const Use &use) {
  const auto line_blocks = static_cast<int64_t>(sites.box.line_blocks);
  const uint64_t *const keys = sites.keys.get();
  for (int64_t block = blocks.begin; block < blocks.end; ++block) {
    const auto key = static_cast<int64_t>(keys[block] - slab), line = floor_divide(key, line_blocks);
    use(block, line, key - line * line_blocks);
  }
}

using SitesPointer = std::shared_ptr<const Sites>;

// rows of `coordinates` are (batch, d0, d1, ...).
SitesPointer make_sites(const int32_t *coordinates, int64_t rows, int dimensions);
SitesPointer make_merged_sites(const int32_t *coordinates, int64_t rows, int dimensions, int64_t *map_rows);

// bounds: the shape outside of which no site is made, or null.
SitesPointer dilate(const Sites &fine, const Kernel &kernel, const int32_t *bounds);
SitesPointer downsample(const Sites &fine, const Kernel &kernel, const int32_t *bounds);
SitesPointer refine(const Sites &coarse, const Kernel &kernel, const int32_t *bounds);

void write_coordinates(const Sites &sites, int32_t *out);
// The smallest and the largest value on each axis, 0 and -1 where there are no sites; the box may be larger.
void write_bounds(const Sites &sites, int32_t *low, int32_t *high);
void find_rows(const Sites &sites, const int32_t *coordinates, int64_t rows, int64_t *out);

}  // namespace spc
