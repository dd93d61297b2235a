#include "cpu/trace.h"

#include <algorithm>

namespace spc {

Profile make_profile(const std::vector<FanTap> &taps) {
  // One more bit is left to what a block's first site carries.
  constexpr int64_t kMostSpan = kBlockSites - 2;
  Profile profile;
  for (const FanTap &next : taps) {
    const Split &offset = next.offset;
    const bool near = !profile.empty() && offset.quotient - profile.back().first <= kMostSpan;
    const int64_t first = near ? profile.back().first : offset.quotient;
    const auto cluster = std::find_if(profile.begin(), profile.end(), [&](const Cluster &known) {
      return known.first == first && known.rest == offset.rest;
    });
    const uint64_t tap = uint64_t{1} << (offset.quotient - first);
    if (cluster != profile.end()) {
      cluster->taps |= tap;
    } else {
      profile.push_back({first, offset.rest, tap});
    }
  }
  return profile;
}

// Clusters with the same first tap, one site after the other: their places ascend, if not by one.
Piece *Trace::lay_bits(uint64_t mask, int64_t site, Iterator begin, Iterator end, Piece *piece) const {
  const int64_t low = begin->first - low_;
  int64_t word = -2;
  uint64_t here = 0, next = 0;
  for (; mask != 0; mask &= mask - 1) {
    const auto [quotient, rest] = split_value(reading_, stride_, site + std::countr_zero(mask));
    const int64_t place = quotient + low;
    const int shift = static_cast<int>(place & (kBlockSites - 1));
    for (auto cluster = begin; cluster != end; ++cluster) {
      if (cluster->rest != rest) continue;
      if (place >> 6 != word) {
        piece = add(word, here, piece);
        here = place >> 6 == word + 1 ? next : 0;
        if (here == 0) piece = add(word + 1, next, piece);
        word = place >> 6, next = 0;
      }
      here |= cluster->taps << shift;
      next |= cluster->taps >> 1 >> (kBlockSites - 1 - shift);
    }
  }
  piece = add(word, here, piece);
  return add(word + 1, next, piece);
}

}  // namespace spc
