// What the bits of a block become along a line of another level: 64 sites at a time, where the stride is 1 or 2.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"
#include "cpu/fan.h"

namespace spc {

// Taps along a line that need the same rest: bit t of `taps` adds first + t.
struct Cluster {
  int64_t first, rest;
  uint64_t taps;

  auto operator<=>(const Cluster &) const = default;
};

// Of all taps between two lines. Clusters with the same `first` stand side by side.
using Profile = std::vector<Cluster>;

// `taps` ascend.
Profile make_profile(const std::vector<FanTap> &taps);

// 64 places of a line.
struct Piece {
  int64_t word;
  uint64_t bits;
};

class Trace {
 public:
  Trace(const Kernel &kernel, Reading reading, const Box &to)
      : reading_(reading),
        stride_(kernel.stride[kernel.last()]),
        low_(to.low[to.last()]),
        words_(static_cast<int64_t>(to.line_blocks)),
        tail_(~uint64_t{0} >> (to.line_blocks * kBlockSites - static_cast<uint64_t>(to.extent[to.last()]))) {}

  static std::size_t most_pieces(const Profile &profile) { return (4 * kBlockSites + 1) * profile.size(); }

  // Writes what a block becomes on the line and returns the end; `site` is the block's first. Words may repeat.
  Piece *run(uint64_t mask, int64_t site, const Profile &profile, Piece *piece) const {
    for (auto begin = profile.begin(), end = begin; begin != profile.end(); begin = end) {
      while (end != profile.end() && end->first == begin->first) ++end;
      if (stride_ == 1) {
        piece = lay_mask<1>(mask, site, begin, end, piece);
      } else if (stride_ == 2 && reading_ != Reading::kCoarseToFine) {
        piece = lay_mask<2>(mask, site, begin, end, piece);
      } else {
        piece = lay_bits(mask, site, begin, end, piece);
      }
    }
    return piece;
  }

 private:
  using Iterator = Profile::const_iterator;

  // Clusters with the same first tap, all sites of a block at a time.
  template <int64_t kStride>
  Piece *lay_mask(uint64_t mask, int64_t site, Iterator cluster, Iterator end, Piece *piece) const {
    const int64_t begin = floor_divide(site, kStride), rest = site - begin * kStride;
    const int64_t place = begin + cluster->first - low_;
    uint64_t low = 0, high = 0;
    for (; cluster != end; ++cluster) {
      const int64_t first = cluster->rest - rest, carry = first < 0 ? 1 : 0;
      const uint64_t bits = pick(mask, first + carry * kStride, kStride);
      for (uint64_t taps = cluster->taps << carry; taps != 0; taps &= taps - 1) {
        const int tap = std::countr_zero(taps);
        low |= bits << tap;
        high |= bits >> 1 >> (kBlockSites - 1 - tap);
      }
    }
    const int64_t word = place >> 6;
    const int shift = static_cast<int>(place & (kBlockSites - 1)), back = kBlockSites - 1 - shift;
    piece = add(word, low << shift, piece);
    piece = add(word + 1, low >> 1 >> back | high << shift, piece);
    return add(word + 2, high >> 1 >> back, piece);
  }

  Piece *lay_bits(uint64_t mask, int64_t site, Iterator begin, Iterator end, Piece *piece) const;

  // Leaves out what is not on the line.
  Piece *add(int64_t word, uint64_t bits, Piece *piece) const {
    bits &= word == words_ - 1 ? tail_ : ~uint64_t{0};
    *piece = {word, bits};
    return piece + (bits != 0 && static_cast<uint64_t>(word) < static_cast<uint64_t>(words_) ? 1 : 0);
  }

  Reading reading_;
  int64_t stride_;
  int64_t low_, words_;  // of the line
  uint64_t tail_;        // places of the line's last word
};

}  // namespace spc
