// The sites that a kernel leads to from those of a level.
//
// What a block's bits become along its line is the same for all lines that it leads to, so it is worked out once, 64
// sites at a time. Slabs are made one after the other in a table of their words, so that nothing is sorted but slabs.
#pragma once

#include <array>
#include <compare>
#include <vector>

#include "cpu/block_list.h"
#include "cpu/coordinate_map.h"
#include "cpu/fan.h"

namespace spc {

// Where a kernel's taps lead, whichever they are.
class Shape {
 public:
  Shape(const Kernel &kernel, Reading reading);

  // Taps along a line that need the same rest: bit t of `taps` adds first + t. Those with the same `first` stand side
  // by side.
  struct Cluster {
    int64_t first, rest;
    uint64_t taps;

    auto operator<=>(const Cluster &) const = default;
  };
  using Profile = std::vector<Cluster>;  // of all taps between two lines
  struct Lines {
    Split offset;
    std::size_t profile;
  };
  struct Slabs {
    std::array<Split, SPC_MAX_DIMENSIONS> offset;
    std::vector<Lines> lines;
  };

  std::vector<Slabs> slabs;
  std::vector<Profile> profiles;

 private:
  static void add_tap(Profile &profile, const Split &offset);
};

// Works on one range of lines of the level that is made after the other.
class Reach {
 public:
  // to: the box of the level that is made; what lies outside of it is not.
  Reach(const Sites &from, const Kernel &kernel, const Shape &shape, Reading reading, const Box &to);

  // The blocks with keys in [begin, end), which are both first keys of lines.
  BlockList run(uint64_t begin, uint64_t end);

 private:
  using ClusterIterator = Shape::Profile::const_iterator;
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;

  // A slab of `from`.
  struct Source {
    Site site;  // its first
    std::array<Split, SPC_MAX_DIMENSIONS> lead;
    std::size_t begin, end;  // of lines_
  };
  // What a slab of `from` adds to a slab of the level that is made.
  struct Entry {
    uint64_t slab;
    const Source *source;
    const Shape::Slabs *offsets;
  };
  // 64 places of a line of the level that is made.
  struct Piece {
    int64_t word;
    uint64_t bits;
  };

  Range sources(uint64_t begin, uint64_t end) const;
  void read(Range blocks);
  void trace(uint64_t mask, int64_t site, const Shape::Profile &profile);
  template <int64_t kStride>
  void lay_mask(uint64_t mask, int64_t site, ClusterIterator cluster, ClusterIterator end);
  void lay_bits(uint64_t mask, int64_t site, ClusterIterator begin, ClusterIterator end);
  void add(int64_t word, uint64_t bits);
  void find_entries(uint64_t begin, uint64_t end);
  void make_slab(std::size_t first, std::size_t last, uint64_t begin, uint64_t end, BlockList &made);
  template <class Visit>
  void visit_words(std::size_t first, std::size_t last, int64_t low, int64_t high, const Visit &visit) const;

  const Sites &from_;
  const Kernel &kernel_;
  const Shape &shape_;
  Reading reading_;
  const Box &to_;
  int last_;       // spatial axis along the lines
  int64_t words_;  // of a line of the level that is made
  uint64_t slab_words_;
  uint64_t tail_;  // places of a line's last word
  // Of the range at hand.
  std::vector<Source> sources_;
  std::vector<Split> lines_;         // of the blocks that are read
  std::vector<std::size_t> starts_;  // [blocks, profiles], of pieces_
  std::vector<Piece> pieces_;
  std::size_t count_ = 0;  // of pieces_ that are in use
  std::vector<Entry> entries_;
  std::vector<uint64_t> table_, touched_;  // words of a slab, and a bit for each that is not 0; all 0 in between
  std::vector<Block> loose_;
};

}  // namespace spc
