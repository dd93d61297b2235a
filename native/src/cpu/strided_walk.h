// Finds the pairs of one part of a fine level's blocks with a coarse level, by the law read from the fine side. With a
// stride, each fine site meets few coarse sites, and mostly all that the law allows. So sites are taken one by one, and
// a table holds the blocks of the coarse slab that a fine slab leads to.
#pragma once

#include <array>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/fan.h"
#include "cpu/found_pairs.h"
#include "cpu/slab_table.h"
#include "parallel.h"

namespace spc {

class StridedWalk {
 public:
  StridedWalk(const Sites &fine, const Sites &coarse, const Kernel &kernel);

  // Finds the pairs of some blocks of the fine side, which is walked, and adds their number to counts[tap].
  void run(Range blocks, FoundPairs &found, int64_t *counts);

 private:
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
  // A block of the current fine slab.
  struct Fine {
    Split line;
    int64_t site;  // its first along the line
    int64_t block;
  };

  class Places;

  void read_slab(const Site &site, Range blocks);
  template <class SplitSite, class BlockOf>
  void pair_up(const Fine &fine, const Lines &lines, int64_t first_row, const SplitSite &split, const BlockOf &block_of,
               int64_t *counts);
  void meet(const Fine &fine, const Lines &lines, int64_t first_row, int64_t *counts);
  void meet_once(const Slabs &slabs, uint64_t slab, const Site &site, Range blocks, int64_t first_row, int64_t *counts);

  const Sites &fine_;
  const Sites &coarse_;
  const Kernel &kernel_;
  int last_;             // spatial axis along the lines
  int64_t line_stride_;  // of the axis before it
  int64_t words_;        // blocks of a line of the coarse side, empty ones too
  std::vector<Slabs> slabs_;
  bool parted_ = false;  // whether a fine line leads to one coarse line of a slab, and one tap leads a site there
  PooledVector<Fine> blocks_;
  PooledVector<FoundPair> pairs_;
  std::size_t count_ = 0;  // of pairs_ that are in use
  SlabTable table_;        // of the coarse side
};

}  // namespace spc
