#include "cpu/trace.h"

#include <algorithm>
#include <limits>

namespace spc {

Profile Trace::profile(const std::vector<FanTap> &taps) const {
  // One more bit is reserved for the offset of the block's first site.
  constexpr int64_t kMostSpan = kBlockSites - 2;
  std::vector<Split> offsets;
  for (const FanTap &tap : taps) {
    const auto [quotient, rest] = tap.offset;
    offsets.push_back(by_mask() ? Split{stride_ * quotient - rest, 0} : tap.offset);
  }
  std::sort(offsets.begin(), offsets.end(), [](const Split &a, const Split &b) { return a.quotient < b.quotient; });
  Profile profile;
  for (const Split &offset : offsets) {
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

// Takes one site after the other. For clusters with the same first tap places ascend, though not always by one.
Piece *Trace::lay_bits(uint64_t mask, int64_t site, const Profile &profile, Piece *piece) const {
  for (auto begin = profile.begin(), end = begin; begin != profile.end(); begin = end) {
    while (end != profile.end() && end->first == begin->first) ++end;
    int64_t word = std::numeric_limits<int64_t>::min();
    uint64_t here = 0, next = 0;
    for (uint64_t bits = mask; bits != 0; bits &= bits - 1) {
      const auto [quotient, rest] = split_value(reading_, stride_, site + std::countr_zero(bits));
      const int64_t place = quotient + begin->first - low_;
      const int shift = static_cast<int>(place & (kBlockSites - 1));
      for (auto cluster = begin; cluster != end; ++cluster) {
        if (cluster->rest != rest) continue;
        if (place >> 6 != word) {
          piece = add(word, here, piece);
          const bool follows = place >> 6 == word + 1;
          if (!follows) piece = add(word + 1, next, piece);
          here = follows ? next : 0, next = 0;
          word = place >> 6;
        }
        here |= cluster->taps << shift;
        next |= cluster->taps >> 1 >> (kBlockSites - 1 - shift);
      }
    }
    piece = add(word, here, piece);
    piece = add(word + 1, next, piece);
  }
  return piece;
}

}  // namespace spc
