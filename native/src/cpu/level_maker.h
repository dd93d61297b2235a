// Makes the level of all sites that a kernel leads to from the sites of another level.
//
// The bits of a block become the same bits along every line of the lattice that the block leads to, so they are
// computed once, 64 sites at a time. Slabs are made one after the other in a table of their words, so that only slabs
// are sorted.
#pragma once

#include <array>
#include <vector>

#include "cpu/block_list.h"
#include "cpu/coordinate_map.h"
#include "cpu/fan.h"
#include "cpu/trace.h"

namespace spc {

// The slabs and lines that the taps of a kernel lead to, relative to the site.
class Shape {
 public:
  Shape(const Kernel &kernel, Reading reading, const Trace &trace);

  struct Lines {
    int64_t rest, quotient;
    std::size_t profile;
  };
  struct Slabs {
    std::array<Split, SPC_MAX_DIMENSIONS> offset;
    std::vector<Lines> lines;  // by rest
    Rests rests;
  };

  std::vector<Slabs> slabs;
  std::vector<Profile> profiles;
  bool single = false;  // whether a line leads to at most one line, in the same way for all: then each is traced once
};

// Makes ranges of lines of the new level, one after the other.
class LevelMaker {
 public:
  // to: the box of the new level, outside of which no site is made.
  LevelMaker(const Sites &from, const Kernel &kernel, const Trace &trace, const Shape &shape, Reading reading,
             const Box &to);

  // The blocks with keys in [begin, end); both ends are first keys of lines.
  BlockList run(uint64_t begin, uint64_t end);

 private:
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;
  static constexpr uint64_t kMostHalvings = 1024;

  // A slab of `from`.
  struct Source {
    Site site;  // its first
    std::array<Split, SPC_MAX_DIMENSIONS> lead;
    uint64_t key;  // of its first block, which may be empty
    Range blocks;
  };
  // A slab of `from` that adds sites to a slab of the new level.
  struct Entry {
    uint64_t slab;
    const Source *source;
    const Shape::Slabs *offsets;
  };
  Range sources(uint64_t begin, uint64_t end) const;
  void read(Range blocks);
  void trace_slab(const Source &source);
  void find_entries(uint64_t begin, uint64_t end);
  void fill_table(std::size_t first, std::size_t last, int64_t low, int64_t high);
  void list_table(uint64_t key, int64_t words, BlockList &made);
  void make_slab(std::size_t first, std::size_t last, uint64_t begin, uint64_t end, BlockList &made);
  // Calls use(block, word, split) for each block of a slab, with its index within its line and where the line leads.
  template <class Use>
  void read_lines(const Source &source, const Use &use) const;
  template <class Visit>
  void visit_words(std::size_t first, std::size_t last, int64_t low, int64_t high, const Visit &visit);
  template <class Visit>
  void visit_once(const Entry &entry, int64_t low, int64_t high, const Visit &visit);
  template <class Visit>
  void visit_traced(const Entry &entry, int64_t low, int64_t high, const Visit &visit) const;

  const Sites &from_;
  const Kernel &kernel_;
  const Trace &trace_;
  const Shape &shape_;
  Reading reading_;
  const Box &to_;
  int last_;       // spatial axis along the lines
  int64_t words_;  // of a line of the new level
  uint64_t slab_words_;
  std::vector<Halving> halvings_;  // by block of a line of `from`, where lines are halved once; else empty
  // The fields below belong to the current range.
  std::vector<Source> sources_;
  int64_t first_block_ = 0;           // the first that is traced
  PooledVector<Split> lines_;         // of the blocks that are traced
  PooledVector<std::size_t> starts_;  // [blocks, profiles], of pieces_
  PooledVector<Piece> pieces_;
  PooledVector<Entry> entries_;
  PooledVector<uint64_t> table_, touched_;  // words of a slab, and a bit for each that is not 0; all 0 in between
  PooledVector<Block> loose_;
};

}  // namespace spc
