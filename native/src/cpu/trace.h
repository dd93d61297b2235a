// Computes where the bits of a block lead along a line of another level, 64 sites at a time where the stride is 1 or 2.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/fan.h"

namespace spc {

// Some taps along a line, as bits: bit t of `taps` adds first + t to the sites with this rest, in places of the line.
struct Cluster {
  int64_t first, rest;
  uint64_t taps;

  auto operator<=>(const Cluster &) const = default;
};

// All taps between two lines, with clusters of the same `first` side by side. Where blocks are traced 64 sites at a
// time, a cluster adds to sites in units of their own level and has no rest: sites that the stride skips are removed
// last.
using Profile = std::vector<Cluster>;

// The bits of 64 places of a line.
struct Piece {
  int64_t word;
  uint64_t bits;
};

// Where a block that begins at some site of its line leads on a line with half as many sites.
struct Halving {
  bool odd;          // whether the first place is skipped
  int64_t word;      // the word of the first place that is kept
  int shift;         // the bit of that place
  uint64_t kept[2];  // the places of that word and of the next that are on the line
};

class Trace {
 public:
  Trace(const Kernel &kernel, Reading reading, const Box &to)
      : reading_(reading),
        stride_(kernel.stride[kernel.last()]),
        low_(to.low[to.last()]),
        words_(static_cast<int64_t>(to.line_blocks)),
        tail_(~uint64_t{0} >> (to.line_blocks * kBlockSites - static_cast<uint64_t>(to.extent[to.last()]))) {}

  Profile profile(const std::vector<FanTap> &taps) const;

  static std::size_t most_pieces(const Profile &profile) { return (4 * kBlockSites + 1) * profile.size(); }

  // Whether halve may be used in place of run.
  bool halves(const Profile &profile) const { return by_mask() && stride_ == 2 && profile.size() == 1; }

  // `site` is a block's first.
  Halving halving(int64_t site, const Profile &profile) const {
    const int64_t first = site + profile.front().first, place = ((first + 1) >> 1) - low_, word = place >> 6;
    return {(first & 1) != 0, word, static_cast<int>(place & (kBlockSites - 1)), {kept(word), kept(word + 1)}};
  }

  // Calls use(word, bits) for the bits that a block leads to on the line.
  template <class Use>
  static void halve(uint64_t mask, const Halving &to, uint64_t taps, const Use &use) {
    uint64_t low = 0, high = 0;
    spread(mask, taps, low, high);
    const uint64_t bits = every_second(low, high, to.odd);
    const uint64_t here = bits << to.shift & to.kept[0], next = bits >> 1 >> (kBlockSites - 1 - to.shift) & to.kept[1];
    if (here != 0) use(to.word, here);
    if (next != 0) use(to.word + 1, next);
  }

  // Writes the words that a block leads to on the line, and returns their end. `site` is the first of the block. Words
  // may repeat.
  Piece *run(uint64_t mask, int64_t site, const Profile &profile, Piece *piece) const {
    if (!by_mask()) return lay_bits(mask, site, profile, piece);
    for (const Cluster &cluster : profile) {
      piece = stride_ == 1 ? lay_mask<1>(mask, site, cluster, piece) : lay_mask<2>(mask, site, cluster, piece);
    }
    return piece;
  }

 private:
  bool by_mask() const { return stride_ == 1 || (stride_ == 2 && reading_ != Reading::kCoarseToFine); }

  // Takes one site at a time and sets all places that the taps lead to.
  static void spread(uint64_t mask, uint64_t taps, uint64_t &low, uint64_t &high) {
    for (; taps != 0; taps &= taps - 1) {
      const int tap = std::countr_zero(taps);
      low |= mask << tap;
      high |= mask >> 1 >> (kBlockSites - 1 - tap);
    }
  }

  // Keeps every second of 128 places, low and then high, from the first, or from the second where odd is set.
  static uint64_t every_second(uint64_t low, uint64_t high, bool odd) {
    const uint64_t first = odd ? low >> 1 | high << (kBlockSites - 1) : low, rest = odd ? high >> 1 : high;
    return even_bits(first) | (rest != 0 ? even_bits(rest) << (kBlockSites / 2) : 0);
  }

  // The places of a word that are on the line.
  uint64_t kept(int64_t word) const {
    if (static_cast<uint64_t>(word) >= static_cast<uint64_t>(words_)) return 0;
    return word == words_ - 1 ? tail_ : ~uint64_t{0};
  }

  // Takes all sites of a block at a time.
  template <int kStride>
  Piece *lay_mask(uint64_t mask, int64_t site, const Cluster &cluster, Piece *piece) const {
    uint64_t low = 0, high = 0;
    spread(mask, cluster.taps, low, high);
    int64_t place = site + cluster.first;
    if (kStride == 2) {
      low = every_second(low, high, (place & 1) != 0), high = 0;
      place = (place + 1) >> 1;
    }
    place -= low_;
    const int64_t word = place >> 6;
    const int shift = static_cast<int>(place & (kBlockSites - 1)), back = kBlockSites - 1 - shift;
    piece = add(word, low << shift, piece);
    piece = add(word + 1, low >> 1 >> back | high << shift, piece);
    return kStride == 1 ? add(word + 2, high >> 1 >> back, piece) : piece;
  }

  Piece *lay_bits(uint64_t mask, int64_t site, const Profile &profile, Piece *piece) const;

  // Removes the places that are not on the line.
  Piece *add(int64_t word, uint64_t bits, Piece *piece) const {
    bits &= kept(word);
    *piece = {word, bits};
    return piece + (bits != 0 ? 1 : 0);
  }

  Reading reading_;
  int64_t stride_;
  int64_t low_, words_;  // of the line
  uint64_t tail_;        // places of the line's last word
};

}  // namespace spc
