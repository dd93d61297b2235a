#include "cpu/walk.h"

#include <algorithm>
#include <bit>

namespace spc {

Walk::Walk(const Sites &coarse, const Sites &fine, const Kernel &kernel, Range blocks, std::vector<int32_t> &table)
    : coarse_(coarse),
      fine_(fine),
      kernel_(kernel),
      last_(kernel.last()),
      words_(static_cast<int64_t>(fine.box.line_blocks)),
      slab_words_(static_cast<int64_t>(fine.box.weights[std::max(last_ - 1, 0)])),
      table_(table) {
  if (blocks.begin == blocks.end) return;
  first_row_ = coarse.bases[blocks.begin];
  const uint64_t slab_keys = coarse.box.weights[std::max(last_ - 1, 0)];
  starts_.reserve(static_cast<std::size_t>(blocks.end - blocks.begin));
  SiteReader reader(coarse.box);
  for (int64_t block = blocks.begin; block < blocks.end;) {
    const uint64_t first = coarse.keys[block] / slab_keys * slab_keys;
    int64_t end = block + 1;
    while (end < blocks.end && coarse.keys[end] - first < slab_keys) ++end;
    add_slab(reader.read(first), block, end);
    block = end;
  }
  set_reach();
}

// `site` is the first of a slab, of which [block, end) are blocks.
void Walk::add_slab(const Site &site, int64_t block, int64_t end) {
  const Box &box = fine_.box;
  if (!box.holds(0, site[0])) return;
  Run run{};
  run.slab = box.weights[0] * static_cast<uint64_t>(site[0] - box.low[0]);
  for (int axis = 0; axis + 1 < last_; ++axis) {
    run.lead[axis] = site[axis + 1] - box.low[axis + 1];
    run.slab += box.weights[axis + 1] * static_cast<uint64_t>(run.lead[axis]);
  }
  const uint64_t first_key = coarse_.box.line(site);
  const int64_t first_line = last_ > 0 ? site[last_] - box.low[last_] : 0;
  const int64_t first_place = site[last_ + 1] - box.low[last_ + 1];
  run.begin = starts_.size();
  for (; block < end; ++block) {
    const uint64_t local = coarse_.keys[block] - first_key, line = local / coarse_.box.line_blocks;
    const auto word = static_cast<int64_t>(local - line * coarse_.box.line_blocks);
    starts_.push_back({(first_line + static_cast<int64_t>(line)) * words_, first_place + word * kBlockSites, block});
  }
  run.end = starts_.size();
  runs_.push_back(run);
}

void Walk::set_reach() {
  int64_t least = kernel_.offsets[0][last_], most = least;
  for (const Offset &offset : kernel_.offsets) {
    least = std::min(least, offset[last_]);
    most = std::max(most, offset[last_]);
  }
  const uint64_t *const masks = coarse_.masks.get();
  const int64_t words = words_;
  reach_.resize(starts_.size());
  Reach *reach = reach_.data();
  for (const Start &start : starts_) {
    const uint64_t mask = masks[start.block];
    const int64_t first = std::countr_zero(mask), last = kBlockSites - 1 - std::countl_zero(mask);
    // Kept within the line, or between it and the next, so that they ascend.
    const int64_t low = std::clamp<int64_t>((start.place + first + least) >> 6, 0, words);
    const int64_t high = std::min((start.place + last + most) >> 6, words - 1);
    *reach++ = {start.line + low, start.line + high};
  }
}

void Walk::run(const Column &column, FoundPairs &found, int64_t *counts) {
  const Offset &offset = kernel_.offsets[column.first];
  overlaps_.clear();
  const int64_t line_shift = last_ > 0 ? offset[last_ - 1] * words_ : 0;
  int64_t cursor = 0;
  for (const Run &run : runs_) {
    bool meets = true;
    uint64_t slab = run.slab;
    for (int axis = 0; axis + 1 < last_; ++axis) {
      const auto place = static_cast<uint64_t>(run.lead[axis] + offset[axis]);
      meets = meets && place < static_cast<uint64_t>(fine_.box.extent[axis + 1]);
      slab += fine_.box.weights[axis + 1] * static_cast<uint64_t>(offset[axis]);
    }
    if (meets) meet(run, slab, line_shift, cursor);
  }
  for (int64_t tap = column.first; tap < column.first + column.count; ++tap) counts[tap] = pair_up(tap, found.pairs);
}

// Appends the overlaps of a run of starts with the blocks of the other side's slab, ascending by both.
void Walk::meet(const Run &run, uint64_t slab, int64_t line_shift, int64_t &cursor) {
  const int64_t low = std::max<int64_t>(reach_[run.begin].low + line_shift, 0);
  const int64_t high = std::min(reach_[run.end - 1].high + line_shift, slab_words_ - 1);
  if (low > high) return;
  cursor = fine_.seek(cursor, slab + static_cast<uint64_t>(low));
  const auto starts = static_cast<int64_t>(run.end - run.begin);
  meetings_.resize(static_cast<std::size_t>(starts) + 1);
  const bool small = slab_words_ <= kMostTableWords;
  const int64_t count = small ? look_up(run, slab, line_shift, high, cursor) : search(run, slab, line_shift, cursor);
  const std::size_t before = overlaps_.size();
  overlaps_.resize(before + static_cast<std::size_t>(count));
  Overlap *overlap = overlaps_.data() + before;
  const uint64_t *const keys = fine_.keys.get();
  const Start *const start_of = starts_.data() + run.begin;
  for (int64_t m = 0; m < count; ++m) {
    const Start &start = start_of[meetings_[m].start];
    const int64_t other = meetings_[m].block;
    const int64_t place = (static_cast<int64_t>(keys[other] - slab) - line_shift - start.line) * kBlockSites;
    *overlap++ = {coarse_.masks[start.block], fine_.masks[other], start.place - place,
                  static_cast<uint64_t>(coarse_.bases[start.block] - first_row_),
                  static_cast<uint64_t>(fine_.bases[other])};
  }
}

// The slab's blocks up to `high` are entered into a table; the cursor moves behind them.
int64_t Walk::look_up(const Run &run, uint64_t slab, int64_t line_shift, int64_t high, int64_t &cursor) {
  const uint64_t *const keys = fine_.keys.get();
  const auto words = static_cast<uint64_t>(slab_words_);
  if (table_.size() <= words) table_.resize(words + 1, -1);
  int32_t *const table = table_.data();  // -1 at the end, for what is outside
  const int64_t first = cursor, blocks = fine_.blocks;
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
    cursor = fine_.seek(cursor, slab + static_cast<uint64_t>(low));
    for (int64_t next = cursor; next < fine_.blocks && static_cast<int64_t>(fine_.keys[next] - slab) <= high; ++next) {
      meetings_.emplace_back();
      meetings_[static_cast<std::size_t>(count++)] = {static_cast<int64_t>(i - run.begin), next};
    }
  }
  return count;
}

// Appends the pairs of one tap and returns their number.
int64_t Walk::pair_up(int64_t tap, std::vector<FoundPair> &pairs) {
  const int64_t offset = kernel_.offsets[tap][last_];
  matches_.resize(overlaps_.size() + 1);
  Match *end = matches_.data();
  for (const Overlap &overlap : overlaps_) {
    // Bit b of the mask meets bit b + shift of the other.
    const int64_t shift = overlap.place + offset;
    const uint64_t moved = shift < 0 ? overlap.other << (-shift & 63) : overlap.other >> (shift & 63);
    const bool near = static_cast<uint64_t>(shift + kBlockSites - 1) < 2 * kBlockSites - 1;
    const uint64_t bits = near ? moved & overlap.mask : 0;
    *end = {bits, &overlap};
    end += bits != 0 ? 1 : 0;
  }
  int64_t count = 0;
  for (const Match *match = matches_.data(); match != end; ++match) count += std::popcount(match->bits);
  const std::size_t before = pairs.size();
  pairs.resize(before + static_cast<std::size_t>(count));
  FoundPair *pair = pairs.data() + before;
  for (const Match *match = matches_.data(); match != end; ++match) {
    const Overlap &overlap = *match->overlap;
    const int64_t shift = overlap.place + offset;
    for (uint64_t bits = match->bits; bits != 0; bits &= bits - 1) {
      const int bit = std::countr_zero(bits);
      const auto below = static_cast<uint64_t>(bits_below(overlap.mask, bit));
      const auto other = static_cast<uint64_t>(bits_below(overlap.other, static_cast<int>(bit + shift)));
      *pair++ = FoundPair(tap, overlap.other_base + other, overlap.base + below);
    }
  }
  return count;
}

}  // namespace spc
