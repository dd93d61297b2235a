#include "cpu/walk.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "cpu/fan.h"

namespace spc {

Walk::Walk(const Sites &coarse, const Sites &fine, const Kernel &kernel, int64_t taps)
    : coarse_(coarse),
      fine_(fine),
      last_(kernel.last()),
      words_(static_cast<int64_t>(fine.box.line_blocks)),
      table_(fine) {
  SplitOffsets offsets = split_offsets(kernel, Reading::kCoarseToFine);
  offsets.resize(static_cast<std::size_t>(taps));
  least_ = std::numeric_limits<int64_t>::max(), most_ = std::numeric_limits<int64_t>::min();
  for (const FanSlab &slab : fan_out(offsets, kernel.dimensions)) {
    slabs_.emplace_back();
    for (int axis = 0; axis + 1 < last_; ++axis) slabs_.back().offset[axis] = slab.offset[axis].quotient;
    for (const FanLine &line : slab.lines) {
      Column column{line.offset.quotient * words_, {}, {}, 0};
      for (const FanTap &tap : line.taps) column.taps.push_back({tap.offset.quotient, tap.tap});
      least_ = std::min(least_, line.taps.front().offset.quotient);
      most_ = std::max(most_, line.taps.back().offset.quotient);
      slabs_.back().columns.push_back(std::move(column));
    }
  }
}

void Walk::run(Range blocks, FoundPairs &found, int64_t *counts) {
  if (blocks.begin == blocks.end || slabs_.empty()) return;
  found.first_row = coarse_.bases[blocks.begin];
  read(blocks);
  count_ = 0;
  for (Slabs &slabs : slabs_) {
    for (Column &column : slabs.columns) column.count = 0;
  }
  for (const Run &run : runs_) {
    for (Slabs &slabs : slabs_) meet(run, slabs);
  }
  for (const Slabs &slabs : slabs_) {
    for (const Column &column : slabs.columns) {
      lay_out(column, found.first_row);
      for (const Tap &tap : column.taps) counts[tap.tap] += pair_up(tap);
    }
  }
  found.pairs.assign(pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(count_));
}

void Walk::read(Range blocks) {
  const uint64_t slab_keys = coarse_.box.weights[std::max(last_ - 1, 0)];
  starts_.clear();
  runs_.clear();
  SiteReader reader(coarse_.box);
  for (int64_t block = blocks.begin; block < blocks.end;) {
    const uint64_t first = coarse_.keys[block] / slab_keys * slab_keys;
    int64_t end = block + 1;
    while (end < blocks.end && coarse_.keys[end] - first < slab_keys) ++end;
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
  const int64_t first_line = last_ > 0 ? site[last_] - box.low[last_] : 0;
  const int64_t first_place = site[last_ + 1] - box.low[last_ + 1];
  run.begin = std::ssize(starts_);
  for_blocks(coarse_, coarse_.box.line(site), {block, end}, [&](int64_t at, int64_t line, int64_t word) {
    starts_.push_back({(first_line + line) * words_, first_place + word * kBlockSites, at});
  });
  run.end = std::ssize(starts_);
  runs_.push_back(run);
}

void Walk::set_reach() {
  const uint64_t *const masks = coarse_.masks.get();
  const int64_t words = words_;
  spans_.resize(starts_.size());
  BlockSpan *span = spans_.data();
  for (const Start &start : starts_) {
    const uint64_t mask = masks[start.block];
    const int64_t first = std::countr_zero(mask), last = kBlockSites - 1 - std::countl_zero(mask);
    // Clamped to the line, or to the gap before the next line, so that they ascend.
    const int64_t low = std::clamp<int64_t>((start.place + first + least_) >> 6, 0, words);
    const int64_t high = std::min((start.place + last + most_) >> 6, words - 1);
    *span++ = {start.line + low, start.line + high};
  }
}

// Finds the blocks that a run of starts meets in one slab of the fine side.
void Walk::meet(const Run &run, Slabs &slabs) {
  uint64_t slab = run.slab;
  for (int axis = 0; axis + 1 < last_; ++axis) {
    const auto place = static_cast<uint64_t>(run.lead[axis] + slabs.offset[axis]);
    if (place >= static_cast<uint64_t>(fine_.box.extent[axis + 1])) return;
    slab += fine_.box.weights[axis + 1] * static_cast<uint64_t>(slabs.offset[axis]);
  }
  table_.enter(slab, spans_[run.begin].low + slabs.columns.front().line_shift,
               spans_[run.end - 1].high + slabs.columns.back().line_shift + 1);
  for (Column &column : slabs.columns) look_up(run, column);
}

// Appends the meetings, ascending on both sides.
void Walk::look_up(const Run &run, Column &column) {
  const auto room = static_cast<std::size_t>(column.count + 2 * (run.end - run.begin) + 1);
  if (column.meetings.size() < room) column.meetings.resize(2 * room);
  Meeting *meetings = column.meetings.data();
  const auto words = static_cast<uint64_t>(table_.words());
  const int32_t *const table = table_.table();
  const int64_t line_shift = column.line_shift;
  int64_t count = column.count, cursor = 0;
  for (int64_t i = run.begin; i < run.end; ++i) {
    const int64_t line = starts_[i].line + line_shift, last_word = spans_[i].high + line_shift;
    int64_t word = spans_[i].low + line_shift;
    const auto find = [&](int64_t &from) {
      if (table != nullptr) return table[std::min(static_cast<uint64_t>(word), words)];
      return static_cast<uint64_t>(word) < words ? static_cast<int32_t>(table_.search(word, from)) : -1;
    };
    const int32_t found = find(cursor);
    meetings[count] = {static_cast<int32_t>(i), found, word - line};
    count += found >= 0 ? 1 : 0;
    // A start rarely leads to more than one block, and the next start may lead to the same one.
    int64_t ahead = cursor;
    while (++word <= last_word) {
      const int32_t next = find(ahead);
      if (next < 0) continue;
      if (std::ssize(column.meetings) < count + run.end - run.begin + 2) {
        column.meetings.resize(2 * column.meetings.size());
        meetings = column.meetings.data();
      }
      meetings[count++] = {static_cast<int32_t>(i), next, word - line};
    }
  }
  column.count = count;
}

// Copies the masks of the blocks that meet side by side.
void Walk::lay_out(const Column &column, int64_t first_row) {
  overlaps_.resize(static_cast<std::size_t>(column.count));
  Overlap *overlap = overlaps_.data();
  for (int64_t m = 0; m < column.count; ++m) {
    const auto [i, other, word] = column.meetings[m];
    const Start &start = starts_[i];
    *overlap++ = {coarse_.masks[start.block], fine_.masks[other], start.place - word * kBlockSites,
                  static_cast<uint64_t>(coarse_.bases[start.block] - first_row),
                  static_cast<uint64_t>(fine_.bases[other])};
  }
}

// Appends the pairs of one tap and returns their number.
int64_t Walk::pair_up(const Tap &tap) {
  const int64_t offset = tap.offset;
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
  const std::size_t before = count_;
  count_ += static_cast<std::size_t>(count);
  if (pairs_.size() < count_) pairs_.resize(2 * count_);
  FoundPair *pair = pairs_.data() + before;
  for (const Match *match = matches_.data(); match != end; ++match) {
    const Overlap &overlap = *match->overlap;
    const int64_t shift = overlap.place + offset;
    for (uint64_t bits = match->bits; bits != 0; bits &= bits - 1) {
      const int bit = std::countr_zero(bits);
      const auto below = static_cast<uint64_t>(bits_below(overlap.mask, bit));
      const auto other = static_cast<uint64_t>(bits_below(overlap.other, static_cast<int>(bit + shift)));
      *pair++ = FoundPair(tap.tap, overlap.other_base + other, overlap.base + below);
    }
  }
  return count;
}

}  // namespace spc
