// Finds the pairs of one part of a fine level's blocks with a coarse level, by the law read from the fine side: with a
// stride, each fine site meets few coarse ones, and mostly all that it may. So sites are taken one by one, and the
// blocks of the coarse slab that a slab of fine ones leads to stand in a table.
#pragma once

#include <array>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/fan.h"
#include "cpu/found_pairs.h"
#include "parallel.h"

namespace spc {

class StridedWalk {
 public:
  StridedWalk(const Sites &fine, const Sites &coarse, const Kernel &kernel);

  // The pairs of some blocks of the fine side, which is walked; their number is added to counts[tap].
  void run(Range blocks, FoundPairs &found, int64_t *counts);

 private:
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;

  struct Tap {
    int64_t rest, quotient, tap;
  };
  struct Lines {
    int64_t rest, quotient;
    std::vector<Tap> taps;  // by rest
    Rests rests;
  };
  struct Slabs {
    std::array<Split, SPC_MAX_DIMENSIONS> offset;
    int64_t least, most;       // quotients of its lines
    std::vector<Lines> lines;  // by rest
    Rests rests;
  };
  // A block of the fine slab at hand.
  struct Fine {
    Split line;
    int64_t site;  // its first along the line
    int64_t block;
  };

  void read_slab(const Site &site, Range blocks);
  void enter(uint64_t slab, int64_t low, int64_t high);
  void leave();
  int64_t coarse_block(int64_t word) const;
  template <class SplitSite, class BlockOf>
  void pair_up(const Fine &fine, const Lines &lines, int64_t first_row, const SplitSite &split, const BlockOf &block_of,
               int64_t *counts);
  void meet(const Fine &fine, const Lines &lines, int64_t first_row, int64_t *counts);

  const Sites &fine_;
  const Sites &coarse_;
  const Kernel &kernel_;
  int last_;                    // spatial axis along the lines
  int64_t line_stride_;         // of the axis before it
  int64_t words_, slab_words_;  // blocks of a line and of a slab of the coarse side, empty ones too
  std::vector<Slabs> slabs_;
  std::vector<Fine> blocks_;
  std::vector<FoundPair> pairs_;
  std::size_t count_ = 0;  // of pairs_ that are in use
  // The coarse blocks that are entered, all of one slab; the table is -1 elsewhere.
  uint64_t slab_ = 0;  // its first key
  Range entered_{0, 0};
  std::vector<int32_t> table_;
};

}  // namespace spc
