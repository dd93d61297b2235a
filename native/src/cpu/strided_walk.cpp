#include "cpu/strided_walk.h"

#include <algorithm>

namespace spc {
namespace {

// Whether there is exactly one item for each rest, in order.
template <class T>
bool has_one_each(const std::vector<T> &items, int64_t stride) {
  if (std::ssize(items) != stride) return false;
  for (int64_t rest = 0; rest < stride; ++rest) {
    if (items[rest].rest != rest) return false;
  }
  return true;
}

}  // namespace

StridedWalk::StridedWalk(const Sites &fine, const Sites &coarse, const Kernel &kernel)
    : fine_(fine),
      coarse_(coarse),
      kernel_(kernel),
      last_(kernel.last()),
      line_stride_(last_ > 0 ? kernel.stride[last_ - 1] : 1),
      words_(static_cast<int64_t>(coarse.box.line_blocks)),
      table_(coarse) {
  for (const FanSlab &slab : fan_out(split_offsets(kernel, Reading::kFineToCoarse), kernel.dimensions)) {
    Slabs slabs{slab.offset, slab.lines.front().offset.quotient, slab.lines.back().offset.quotient, {}, {}};
    for (const FanLine &line : slab.lines) {
      Lines lines{line.offset.rest, line.offset.quotient, {}, {}};
      for (const FanTap &tap : line.taps) lines.taps.push_back({tap.offset.rest, tap.offset.quotient, tap.tap});
      lines.rests = Rests(lines.taps, kernel.stride[last_]);
      slabs.lines.push_back(std::move(lines));
    }
    slabs.rests = Rests(slabs.lines, line_stride_);
    slabs_.push_back(std::move(slabs));
  }
  parted_ = table_.table() != nullptr && std::all_of(slabs_.begin(), slabs_.end(), [&](const Slabs &slabs) {
              return has_one_each(slabs.lines, line_stride_) &&
                     std::all_of(slabs.lines.begin(), slabs.lines.end(),
                                 [&](const Lines &lines) { return has_one_each(lines.taps, kernel.stride[last_]); });
            });
}

void StridedWalk::run(Range blocks, FoundPairs &found, int64_t *counts) {
  const uint64_t slab_keys = fine_.box.weights[std::max(last_ - 1, 0)];
  const Box &box = coarse_.box;
  if (blocks.begin == blocks.end) return;
  count_ = 0;
  found.first_row = fine_.bases[blocks.begin];
  SiteReader reader(fine_.box);
  for (int64_t block = blocks.begin, end; block < blocks.end; block = end) {
    const uint64_t first = fine_.keys[block] / slab_keys * slab_keys;
    for (end = block + 1; end < blocks.end && fine_.keys[end] - first < slab_keys;) ++end;
    const Site &site = reader.read(first);
    if (!box.holds(0, site[0])) continue;
    if (!parted_) read_slab(site, {block, end});
    std::array<Split, SPC_MAX_DIMENSIONS> lead;
    for (int axis = 0; axis + 1 < last_; ++axis) {
      lead[axis] = split_value(Reading::kFineToCoarse, kernel_.stride[axis], site[axis + 1]);
    }
    for (const Slabs &offsets : slabs_) {
      uint64_t slab = box.weights[0] * static_cast<uint64_t>(site[0] - box.low[0]);
      bool inside = true;
      for (int axis = 0; axis + 1 < last_; ++axis) {
        const int64_t place = lead[axis].quotient + offsets.offset[axis].quotient;
        inside = inside && lead[axis].rest == offsets.offset[axis].rest && box.holds(axis + 1, place);
        slab += box.weights[axis + 1] * static_cast<uint64_t>(place - box.low[axis + 1]);
      }
      if (!inside) continue;
      if (parted_) {
        meet_once(offsets, slab, site, {block, end}, found.first_row, counts);
        continue;
      }
      table_.enter(slab, (blocks_.front().line.quotient + offsets.least) * words_,
                   (blocks_.back().line.quotient + offsets.most + 1) * words_);
      for (const Fine &here : blocks_) {
        const auto [begin_line, end_line] = offsets.rests.find(here.line.rest);
        for (int64_t i = begin_line; i < end_line; ++i) meet(here, offsets.lines[i], found.first_row, counts);
      }
    }
  }
  found.pairs.assign(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(count_));
}

// The places on lines of the coarse side that fine sites may lead to.
class StridedWalk::Places {
 public:
  explicit Places(const Sites &sites)
      : masks_(sites.masks.get()),
        bases_(sites.bases.get()),
        low_(sites.box.low[sites.box.last()]),
        extent_(static_cast<uint64_t>(sites.box.extent[sites.box.last()])) {}

  // Writes the pair that a tap makes of a row and the quotient of its site on the line with first word `line`, if there
  // is one, and returns the end of the pairs.
  template <class BlockOf>
  FoundPair *meet(const Tap &tap, int64_t line, int64_t quotient, uint64_t row, const BlockOf &block_of,
                  FoundPair *pair, int64_t *counts) const {
    const int64_t place = quotient + tap.quotient - low_;
    if (static_cast<uint64_t>(place) >= extent_) return pair;
    const int64_t block = block_of(line + (place >> 6));
    if (block < 0) return pair;
    const int bit = static_cast<int>(place & (kBlockSites - 1));
    const uint64_t mask = masks_[block];
    *pair = FoundPair(tap.tap, static_cast<uint64_t>(bases_[block] + bits_below(mask, bit)), row);
    const auto found = static_cast<int64_t>(mask >> bit & 1);
    counts[tap.tap] += found;
    return pair + found;
  }

 private:
  const uint64_t *masks_;
  const int32_t *bases_;
  int64_t low_;
  uint64_t extent_;
};

// Finds the pairs of a block with a coarse line.
void StridedWalk::meet(const Fine &fine, const Lines &lines, int64_t first_row, int64_t *counts) {
  if (fine.line.rest != lines.rest) return;
  const int64_t stride = kernel_.stride[last_];
  const auto split = [=](int64_t site) { return split_value(Reading::kFineToCoarse, stride, site); };
  const auto block_of = [=, table = table_.table()](int64_t word) { return int64_t{table[word]}; };
  if (table_.table() == nullptr) {
    const auto search = [&](int64_t word) {
      int64_t cursor = 0;
      return table_.search(word, cursor);
    };
    pair_up(fine, lines, first_row, split, search, counts);
  } else if (std::has_single_bit(static_cast<uint64_t>(stride))) {
    const int shift = std::countr_zero(static_cast<uint64_t>(stride));
    const auto shifted = [=](int64_t site) { return Split{site >> shift, site & (stride - 1)}; };
    pair_up(fine, lines, first_row, shifted, block_of, counts);
  } else {
    pair_up(fine, lines, first_row, split, block_of, counts);
  }
}

// split(site) splits by the law; block_of(word) is a block of the slab, or negative where there is none.
template <class SplitSite, class BlockOf>
void StridedWalk::pair_up(const Fine &fine, const Lines &lines, int64_t first_row, const SplitSite &split,
                          const BlockOf &block_of, int64_t *counts) {
  const int64_t line = (fine.line.quotient + lines.quotient) * words_;
  if (static_cast<uint64_t>(line) >= static_cast<uint64_t>(table_.words())) return;
  const std::size_t most = count_ + kBlockSites * lines.taps.size();
  if (pairs_.size() < most) pairs_.resize(2 * most);
  const Places places(coarse_);
  const Rests &rests = lines.rests;
  const Tap *const taps = lines.taps.data();
  FoundPair *pair = pairs_.data() + count_;
  auto row = static_cast<uint64_t>(fine_.bases[fine.block] - first_row);
  for (uint64_t mask = fine_.masks[fine.block]; mask != 0; mask &= mask - 1, ++row) {
    const auto [quotient, rest] = split(fine.site + std::countr_zero(mask));
    const auto [begin, end] = rests.find(rest);
    for (const Tap *tap = taps + begin; tap != taps + end; ++tap) {
      if (tap->rest == rest) pair = places.meet(*tap, line, quotient, row, block_of, pair, counts);
    }
  }
  count_ = static_cast<std::size_t>(pair - pairs_.data());
}

// Pairs all blocks of a slab, with first site `site`, with the coarse slab that begins with key `slab`.
void StridedWalk::meet_once(const Slabs &slabs, uint64_t slab, const Site &site, Range blocks, int64_t first_row,
                            int64_t *counts) {
  const uint64_t first = fine_.box.line(site), *const masks = fine_.masks.get();
  const int32_t *const bases = fine_.bases.get();
  const int64_t words = words_, line_stride = line_stride_, stride = kernel_.stride[last_];
  const int64_t first_line = last_ > 0 ? site[last_] : 0, low_line = last_ > 0 ? coarse_.box.low[last_] : 0;
  const int64_t first_site = site[last_ + 1];
  const auto coarse_line = [=](int64_t line) { return floor_divide(first_line + line, line_stride) - low_line; };
  const auto coarse_line_of = [&](int64_t block) {
    const auto key = static_cast<int64_t>(fine_.keys[block] - first);
    return coarse_line(floor_divide(key, static_cast<int64_t>(fine_.box.line_blocks)));
  };
  table_.enter(slab, (coarse_line_of(blocks.begin) + slabs.least) * words,
               (coarse_line_of(blocks.end - 1) + slabs.most + 1) * words);
  const auto block_of = [table = table_.table()](int64_t word) { return int64_t{table[word]}; };
  const int64_t end_row = blocks.end < fine_.blocks ? bases[blocks.end] : fine_.rows;
  const auto most = count_ + static_cast<std::size_t>(end_row - bases[blocks.begin]) + 1;
  if (pairs_.size() < most) pairs_.resize(2 * most);
  const Places places(coarse_);
  FoundPair *pair = pairs_.data() + count_;
  for_blocks(fine_, first, blocks, [&](int64_t block, int64_t line, int64_t word) {
    const int64_t quotient = coarse_line(line);
    const Lines &lines = slabs.lines[first_line + line - (quotient + low_line) * line_stride];
    const int64_t begin = (quotient + lines.quotient) * words;
    if (static_cast<uint64_t>(begin) >= static_cast<uint64_t>(table_.words())) return;
    const Tap *const taps = lines.taps.data();
    const int64_t here = first_site + word * kBlockSites;
    auto row = static_cast<uint64_t>(bases[block] - first_row);
    for (uint64_t mask = masks[block]; mask != 0; mask &= mask - 1, ++row) {
      const int64_t value = here + std::countr_zero(mask), whole = floor_divide(value, stride);
      pair = places.meet(taps[value - whole * stride], begin, whole, row, block_of, pair, counts);
    }
  });
  count_ = static_cast<std::size_t>(pair - pairs_.data());
}

// `site` is the first of the slab.
void StridedWalk::read_slab(const Site &site, Range blocks) {
  blocks_.clear();
  for_blocks(fine_, fine_.box.line(site), blocks, [&](int64_t block, int64_t line, int64_t word) {
    Split split{0, 0};
    if (last_ > 0) {
      split = split_value(Reading::kFineToCoarse, line_stride_, site[last_] + line);
      split.quotient -= coarse_.box.low[last_];
    }
    blocks_.push_back({split, site[last_ + 1] + word * kBlockSites, block});
  });
}

}  // namespace spc
