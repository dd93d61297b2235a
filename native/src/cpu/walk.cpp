#include "cpu/walk.h"

#include <algorithm>
#include <bit>

namespace spc {

Walk::Walk(const Sites &from, const Sites &to, const Kernel &kernel, const SplitOffsets &offsets, Reading reading,
           Range blocks, std::vector<int32_t> &table)
    : from_(from),
      to_(to),
      kernel_(kernel),
      offsets_(offsets),
      reading_(reading),
      last_(kernel.last()),
      stride_(reading == Reading::kCoarseToFine ? 1 : kernel.stride[last_]),
      words_(static_cast<int64_t>(to.box.line_blocks)),
      slab_words_(last_ > 0 ? words_ * to.box.extent[last_] : words_),
      table_(table) {
  const uint64_t slab_keys = from.box.weights[std::max(last_ - 1, 0)];
  starts_.reserve(static_cast<std::size_t>(blocks.end - blocks.begin));
  SiteReader reader(from.box);
  for (int64_t block = blocks.begin; block < blocks.end;) {
    const uint64_t first = from.keys[block] / slab_keys * slab_keys;
    int64_t end = block + 1;
    while (end < blocks.end && from.keys[end] - first < slab_keys) ++end;
    add_slab(reader.read(first), block, end);
    block = end;
  }
  set_reach();
}

Split Walk::split(int64_t site) const {
  Split value = split_value(reading_, stride_, site);
  value.quotient -= to_.box.low[last_ + 1];
  return value;
}

// `site` is the first of a slab, of which [block, end) are blocks.
void Walk::add_slab(const Site &site, int64_t block, int64_t end) {
  const Box &box = to_.box;
  if (!box.holds(0, site[0])) return;
  Run run{};
  run.slab = box.weights[0] * static_cast<uint64_t>(site[0] - box.low[0]);
  for (int axis = 0; axis + 1 < last_; ++axis) {
    run.lead[axis] = split_value(reading_, kernel_.stride[axis], site[axis + 1]);
    run.lead[axis].quotient -= box.low[axis + 1];
    run.slab += box.weights[axis + 1] * static_cast<uint64_t>(run.lead[axis].quotient);
  }
  const auto from_words = static_cast<int64_t>(from_.box.line_blocks);
  const uint64_t first_key = from_.box.line(site);
  const std::size_t begin = starts_.size();
  for (; block < end; ++block) {
    const auto local = static_cast<int64_t>(from_.keys[block] - first_key), line = local / from_words;
    Split lead{0, 0};
    if (last_ > 0) {
      lead = split_value(reading_, kernel_.stride[last_ - 1], site[last_] + line);
      lead.quotient -= box.low[last_];
    }
    const int64_t first_site = site[last_ + 1] + (local - line * from_words) * kBlockSites;
    starts_.push_back({lead.quotient * words_, split(first_site), lead.rest, block});
  }
  if (last_ > 0 && reading_ != Reading::kCoarseToFine) sort_by_rest(begin, kernel_.stride[last_ - 1]);
  for (run.begin = begin; run.begin < starts_.size(); run.begin = run.end) {
    const int64_t rest = starts_[run.begin].rest;
    run.end = run.begin + 1;
    while (run.end < starts_.size() && starts_[run.end].rest == rest) ++run.end;
    if (last_ > 0) run.lead[last_ - 1] = {0, rest};
    runs_.push_back(run);
  }
}

// Stably, of the starts from `begin` on.
void Walk::sort_by_rest(std::size_t begin, int64_t stride) {
  constexpr int64_t kMostRests = 64;
  if (stride == 1) return;
  if (stride > kMostRests) {
    const auto first = starts_.begin() + static_cast<std::ptrdiff_t>(begin);
    std::stable_sort(first, starts_.end(), [](const Start &a, const Start &b) { return a.rest < b.rest; });
    return;
  }
  std::array<std::size_t, kMostRests + 1> next;
  std::fill_n(next.begin(), stride + 1, std::size_t{0});
  for (std::size_t i = begin; i < starts_.size(); ++i) ++next[static_cast<std::size_t>(starts_[i].rest) + 1];
  for (std::size_t rest = 0; rest < static_cast<std::size_t>(stride); ++rest) next[rest + 1] += next[rest];
  sorted_.resize(starts_.size() - begin);
  for (std::size_t i = begin; i < starts_.size(); ++i) {
    sorted_[next[static_cast<std::size_t>(starts_[i].rest)]++] = starts_[i];
  }
  std::copy(sorted_.begin(), sorted_.end(), starts_.begin() + static_cast<std::ptrdiff_t>(begin));
}

void Walk::set_reach() {
  int64_t least = offsets_[0][last_].quotient, most = least;
  for (const auto &offset : offsets_) {
    least = std::min(least, offset[last_].quotient);
    most = std::max(most, offset[last_].quotient);
  }
  const uint64_t *const masks = from_.masks.get();
  const int64_t words = words_, stride = stride_;
  reach_.resize(starts_.size());
  Reach *reach = reach_.data();
  for (const Start &start : starts_) {
    const uint64_t mask = masks[start.block];
    int64_t first = std::countr_zero(mask), last = kBlockSites - 1 - std::countl_zero(mask);
    if (stride != 1) {
      first = floor_divide(start.place.rest + first, stride);
      last = floor_divide(start.place.rest + last, stride);
    }
    // Kept within the line, or between it and the next, so that they ascend.
    const int64_t low = std::clamp<int64_t>((start.place.quotient + first + least) >> 6, 0, words);
    const int64_t high = std::min((start.place.quotient + last + most) >> 6, words - 1);
    *reach++ = {start.line + low, start.line + high};
  }
}

void Walk::run(const Column &column, Pairs &pairs, int64_t *counts) {
  const auto *const offsets = offsets_.data() + column.first;
  overlaps_.clear();
  const int64_t line_shift = last_ > 0 ? offsets[0][last_ - 1].quotient * words_ : 0;
  int64_t cursor = 0;
  for (const Run &run : runs_) {
    bool meets = true;
    uint64_t slab = run.slab;
    for (int axis = 0; axis < last_; ++axis) {
      const Split &offset = offsets[0][axis];
      meets = meets && run.lead[axis].rest == offset.rest;
      if (axis + 1 == last_) break;
      const auto place = static_cast<uint64_t>(run.lead[axis].quotient + offset.quotient);
      meets = meets && place < static_cast<uint64_t>(to_.box.extent[axis + 1]);
      slab += to_.box.weights[axis + 1] * static_cast<uint64_t>(offset.quotient);
    }
    if (meets) meet(run, slab, line_shift, cursor);
  }
  for (int64_t t = 0; t < column.count; ++t) {
    const std::size_t before = pairs.size();
    stride_ == 1 ? pair_up<true>(offsets[t][last_], pairs) : pair_up<false>(offsets[t][last_], pairs);
    counts[t] = static_cast<int64_t>(pairs.size() - before);
  }
}

// Appends the overlaps of a run of starts with the blocks of the other side's slab, ascending by both.
void Walk::meet(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor) {
  const int64_t low = std::max<int64_t>(reach_[run.begin].low + line_shift, 0);
  const int64_t high = std::min(reach_[run.end - 1].high + line_shift, slab_words_ - 1);
  if (low > high) return;
  cursor = to_.seek(cursor, slab + static_cast<uint64_t>(low));
  const auto starts = static_cast<int64_t>(run.end - run.begin);
  meetings_.resize(static_cast<std::size_t>(starts) + 1);
  const bool small = slab_words_ <= kMostTableWords;
  const int64_t count = small ? look_up(run, slab, line_shift, high, cursor) : search(run, slab, line_shift, cursor);
  const std::size_t before = overlaps_.size();
  overlaps_.resize(before + static_cast<std::size_t>(count));
  Overlap *overlap = overlaps_.data() + before;
  const uint64_t *const keys = to_.keys.get();
  const Start *const start_of = starts_.data() + run.begin;
  for (int64_t m = 0; m < count; ++m) {
    const Start &start = start_of[meetings_[m].start];
    const int64_t other = meetings_[m].block;
    const int64_t place = (static_cast<int64_t>(keys[other] - slab) - line_shift - start.line) * kBlockSites;
    *overlap++ = {from_.masks[start.block],
                  to_.masks[other],
                  {start.place.quotient - place, start.place.rest},
                  static_cast<uint64_t>(from_.bases[start.block]),
                  static_cast<uint64_t>(to_.bases[other])};
  }
}

// The slab's blocks up to `high` are entered into a table; the cursor moves behind them.
int64_t Walk::look_up(const Run &run, uint64_t slab, int64_t line_shift, int64_t high, int64_t &cursor) {
  const uint64_t *const keys = to_.keys.get();
  const auto words = static_cast<uint64_t>(slab_words_);
  if (table_.size() <= words) table_.resize(words + 1, -1);
  int32_t *const table = table_.data();  // -1 at the end, for what is outside
  const int64_t first = cursor, blocks = to_.blocks;
  int64_t last = first;
  for (; last < blocks && keys[last] <= slab + static_cast<uint64_t>(high); ++last) {
    table[keys[last] - slab] = static_cast<int32_t>(last);
  }
  cursor = last;
  Meeting *meetings = meetings_.data();
  int64_t count = 0;
  const auto starts = static_cast<int64_t>(run.end - run.begin);
  const Reach *const reach = reach_.data() + run.begin;
  for (int64_t i = 0; i < starts; ++i) {
    int64_t word = reach[i].low + line_shift;
    const int64_t last_word = reach[i].high + line_shift;
    const int32_t found = table[std::min(static_cast<uint64_t>(word), words)];
    meetings[count] = {i, found};
    count += found >= 0 ? 1 : 0;
    // Rarely does a start reach more than one block.
    while (++word <= last_word) {
      const int32_t next = table[std::min(static_cast<uint64_t>(word), words)];
      if (next < 0) continue;
      meetings_.emplace_back();
      meetings = meetings_.data();
      meetings[count++] = {i, next};
    }
  }
  for (int64_t block = first; block < last; ++block) table[keys[block] - slab] = -1;
  return count;
}

// Where a table would be too large.
int64_t Walk::search(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor) {
  int64_t count = 0;
  for (std::size_t i = run.begin; i < run.end; ++i) {
    const int64_t low = std::clamp<int64_t>(reach_[i].low + line_shift, 0, slab_words_);
    const int64_t high = std::min(reach_[i].high + line_shift, slab_words_ - 1);
    cursor = to_.seek(cursor, slab + static_cast<uint64_t>(low));
    for (int64_t next = cursor; next < to_.blocks && static_cast<int64_t>(to_.keys[next] - slab) <= high; ++next) {
      meetings_.emplace_back();
      meetings_[static_cast<std::size_t>(count++)] = {static_cast<int64_t>(i - run.begin), next};
    }
  }
  return count;
}

// Appends the pairs of one tap.
template <bool kUnitStride>
void Walk::pair_up(const Split &offset, Pairs &pairs) {
  const int64_t stride = kUnitStride ? 1 : stride_;
  // Bit b of what is picked is bit `first + b * stride` of the mask, and bit `b + shift` of the other.
  struct Meet {
    int64_t first, shift;
  };
  const auto meet = [&](const Overlap &overlap) {
    const int64_t shift = overlap.place.quotient + offset.quotient;
    if (kUnitStride) return Meet{0, shift};
    const int64_t first = offset.rest - overlap.place.rest;
    return first < 0 ? Meet{first + stride, shift + 1} : Meet{first, shift};
  };
  matches_.resize(overlaps_.size() + 1);
  Match *end = matches_.data();
  for (const Overlap &overlap : overlaps_) {
    const auto [first, shift] = meet(overlap);
    const uint64_t moved = shift < 0 ? overlap.other << (-shift & 63) : overlap.other >> (shift & 63);
    const bool near = static_cast<uint64_t>(shift + kBlockSites - 1) < 2 * kBlockSites - 1;
    const uint64_t bits = near ? moved & (kUnitStride ? overlap.mask : pick(overlap.mask, first, stride)) : 0;
    *end = {bits, &overlap};
    end += bits != 0 ? 1 : 0;
  }
  int64_t count = 0;
  for (const Match *match = matches_.data(); match != end; ++match) count += std::popcount(match->bits);
  const std::size_t before = pairs.size();
  pairs.resize(before + static_cast<std::size_t>(count));
  uint64_t *pair = pairs.data() + before;
  const int from_bits = reading_ == Reading::kCoarseToFine ? 32 : 0, to_bits = 32 - from_bits;
  for (const Match *match = matches_.data(); match != end; ++match) {
    const Overlap &overlap = *match->overlap;
    const auto [first, shift] = meet(overlap);
    for (uint64_t bits = match->bits; bits != 0; bits &= bits - 1) {
      const int bit = std::countr_zero(bits);
      const auto below = static_cast<uint64_t>(bits_below(overlap.mask, static_cast<int>(first + bit * stride)));
      const auto other = static_cast<uint64_t>(bits_below(overlap.other, static_cast<int>(bit + shift)));
      *pair++ = (overlap.base + below) << from_bits | (overlap.other_base + other) << to_bits;
    }
  }
}

}  // namespace spc
