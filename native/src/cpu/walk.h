// Finds the pairs of one part of a level's blocks with another level of the same stride, or the same level.
//
// A table holds the blocks of the slab that the taps lead to, and bits are compared 64 at a time. Branch prediction
// cannot guess which blocks meet, so the inner loops advance by the results of comparisons instead of branches. Offsets
// of the leading coordinates are computed once for each slab.
#pragma once

#include <array>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/found_pairs.h"
#include "cpu/slab_table.h"
#include "parallel.h"

namespace spc {

class Walk {
 public:
  // Finds the pairs of the first `taps` taps.
  Walk(const Sites &coarse, const Sites &fine, const Kernel &kernel, int64_t taps);

  // Finds the pairs of some blocks of the coarse side, which is walked, and adds their number to counts[tap].
  void run(Range blocks, FoundPairs &found, int64_t *counts);

 private:
  // Where a coarse block is on the fine side at offset 0. Places count along a line of the fine side.
  struct Start {
    int64_t line;   // its line's first block, within the slab of the fine side
    int64_t place;  // of its first site
    int64_t block;
  };

  // The blocks of the fine side, from low to high, that any tap leads to from a start, within the slab at offset 0.
  struct BlockSpan {
    int64_t low, high;
  };

  // Starts of one slab.
  struct Run {
    std::array<int64_t, SPC_MAX_DIMENSIONS> lead;
    uint64_t slab;  // key of the fine side's slab at offset 0, modulo 2^64 where that is outside
    int64_t begin, end;
  };

  struct Meeting {
    int32_t start;
    int32_t block;  // of the fine side
    int64_t word;   // of its line
  };

  struct Tap {
    int64_t offset, tap;
  };

  // Taps between two lines.
  struct Column {
    int64_t line_shift;  // in blocks
    std::vector<Tap> taps;
    PooledVector<Meeting> meetings;
    int64_t count;  // of meetings in use
  };

  struct Slabs {
    std::array<int64_t, SPC_MAX_DIMENSIONS> offset;
    std::vector<Column> columns;  // by line_shift
  };

  // Two blocks that meet; `place` is where `mask` begins, relative to `other`.
  struct Overlap {
    uint64_t mask, other;
    int64_t place;
    uint64_t base, other_base;  // the first counts from the part's first row
  };

  struct Match {
    uint64_t bits;
    const Overlap *overlap;
  };

  void read(Range blocks);
  void add_slab(const Site &site, int64_t block, int64_t end);
  void set_reach();
  void meet(const Run &run, Slabs &slabs);
  void look_up(const Run &run, Column &column);
  void lay_out(const Column &column, int64_t first_row);
  int64_t pair_up(const Tap &tap);

  const Sites &coarse_;
  const Sites &fine_;
  int last_;                      // axis along the lines
  int64_t words_;                 // blocks of a line of the fine side, empty ones too
  int64_t least_ = 0, most_ = 0;  // offsets along the line
  std::vector<Slabs> slabs_;
  SlabTable table_;                // of the fine side
  PooledVector<Start> starts_;     // by key
  PooledVector<BlockSpan> spans_;  // of starts_
  std::vector<Run> runs_;
  PooledVector<FoundPair> pairs_;
  std::size_t count_ = 0;  // of pairs_ that are in use
  // The fields below belong to the current column.
  PooledVector<Overlap> overlaps_;
  PooledVector<Match> matches_;
};

}  // namespace spc
