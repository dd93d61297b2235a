// Finds the pairs of one part of a level's blocks with another level of the same stride, or the same level.
//
// Within a column of taps all that is sought ascends, so a cursor runs along the other side's blocks and nothing is
// hashed. What meets is as good as random to the processor: the inner loops go on by the outcome of comparisons, not by
// branches, and what leading coordinates say is worked out once a slab, which is what all leading coordinates but the
// last have in common.
#pragma once

#include <array>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/found_pairs.h"
#include "parallel.h"

namespace spc {

class Walk {
 public:
  // The blocks are some of the coarse side.
  Walk(const Sites &coarse, const Sites &fine, const Kernel &kernel, Range blocks, std::vector<int32_t> &table);

  int64_t first_row() const { return first_row_; }  // of the part
  // Appends the pairs of each tap of the column, ascending, and writes their number to counts[tap].
  void run(const Column &column, FoundPairs &found, int64_t *counts);

 private:
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;

  // A block as the fine side sees it at offset 0. Places count along a line of the fine side.
  struct Start {
    int64_t line;   // its line's first block, within the slab of the fine side
    int64_t place;  // of its first site
    int64_t block;
  };

  // Blocks of the fine side that any tap may reach from a start: from low to high, within the slab at offset 0.
  struct Reach {
    int64_t low, high;
  };

  // Starts of one slab.
  struct Run {
    std::array<int64_t, SPC_MAX_DIMENSIONS> lead;
    uint64_t slab;  // key of the fine side's slab at offset 0, modulo 2^64 where that is outside
    std::size_t begin, end;
  };

  struct Meeting {
    int64_t start;  // of the run
    int64_t block;  // of the fine side
  };

  // Two blocks side by side; `place` is that of the first site of `mask` relative to that of `other`.
  struct Overlap {
    uint64_t mask, other;
    int64_t place;
    uint64_t base, other_base;  // the first counts from the part's first row
  };

  struct Match {
    uint64_t bits;
    const Overlap *overlap;
  };

  void add_slab(const Site &site, int64_t block, int64_t end);
  void set_reach();
  void meet(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor);
  int64_t look_up(const Run &run, uint64_t slab, int64_t line_shift, int64_t high, int64_t &cursor);
  int64_t search(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor);
  int64_t pair_up(int64_t tap, std::vector<FoundPair> &pairs);

  const Sites &coarse_;
  const Sites &fine_;
  const Kernel &kernel_;
  int last_;                    // axis along the lines
  int64_t words_, slab_words_;  // blocks of a line and of a slab of the fine side, empty ones too
  int64_t first_row_ = 0;
  std::vector<Start> starts_;  // by key
  std::vector<Reach> reach_;   // of starts_
  std::vector<Run> runs_;
  std::vector<int32_t> &table_;  // of a slab of the fine side, by block, all -1 in between
  // Of the column of taps at hand.
  std::vector<Meeting> meetings_;
  std::vector<Overlap> overlaps_;
  std::vector<Match> matches_;
};

}  // namespace spc
