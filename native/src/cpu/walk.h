// Finds the pairs of one part of the blocks of one side of a rulebook, `from`, with the other side, by the law read
// from it.
//
// Within a column of taps all that is sought ascends, so a cursor runs along the other side's blocks and nothing is
// hashed. What meets is as good as random to the processor: the inner loops go on by the outcome of comparisons, not by
// branches, and what leading coordinates say is worked out once a slab, which is what all leading coordinates but the
// last have in common.
#pragma once

#include <array>
#include <vector>

#include "cpu/coordinate_map.h"
#include "parallel.h"

namespace spc {

// A pair of positions: coarse in the upper half, fine in the lower.
using Pairs = std::vector<uint64_t>;

class Walk {
 public:
  Walk(const Sites &from, const Sites &to, const Kernel &kernel, const SplitOffsets &offsets, Reading reading,
       Range blocks, std::vector<int32_t> &table);

  // Appends the pairs of each tap of the column, ascending, and writes their number to counts[tap - column.first].
  void run(const Column &column, Pairs &pairs, int64_t *counts);

 private:
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;

  // A block as the other side sees it at offset 0. Places count along a line of the other side.
  struct Start {
    int64_t line;  // its line's first block, within the slab of the other side
    Split place;   // of its first site
    int64_t rest;  // that the last leading coordinate leaves
    int64_t block;
  };

  // Blocks of the other side that any tap may reach from a start: from low to high, within the slab at offset 0.
  struct Reach {
    int64_t low, high;
  };

  // Starts of one slab whose last leading coordinate leaves the same rest.
  struct Run {
    std::array<Split, SPC_MAX_DIMENSIONS> lead;  // the last one without its quotient
    uint64_t slab;  // key of the other side's slab at offset 0, modulo 2^64 where that is outside
    std::size_t begin, end;
  };

  struct Meeting {
    int64_t start;  // of the run
    int64_t block;  // of the other side
  };

  // Two blocks side by side; `place` is that of the first site of `mask` relative to that of `other`.
  struct Overlap {
    uint64_t mask, other;
    Split place;
    uint64_t base, other_base;
  };

  struct Match {
    uint64_t bits;
    const Overlap *overlap;
  };

  Split split(int64_t site) const;
  void add_slab(const Site &site, int64_t block, int64_t end);
  void sort_by_rest(std::size_t begin, int64_t stride);
  void set_reach();
  void meet(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor);
  int64_t look_up(const Run &run, uint64_t slab, int64_t line_shift, int64_t high, int64_t &cursor);
  int64_t search(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor);
  template <bool kUnitStride>
  void pair_up(const Split &offset, Pairs &pairs);

  const Sites &from_;
  const Sites &to_;
  const Kernel &kernel_;
  const SplitOffsets &offsets_;
  Reading reading_;
  int last_;                    // axis along the lines
  int64_t stride_;              // by which sites of `from` are picked along a line
  int64_t words_, slab_words_;  // blocks of a line and of a slab of `to`, empty ones too
  std::vector<Start> starts_;   // by slab, then by rest, then by key
  std::vector<Start> sorted_;
  std::vector<Reach> reach_;  // of starts_
  std::vector<Run> runs_;
  std::vector<int32_t> &table_;  // of a slab of `to`, by block, all -1 in between
  // Of the column of taps at hand.
  std::vector<Meeting> meetings_;
  std::vector<Overlap> overlaps_;
  std::vector<Match> matches_;
};

}  // namespace spc
