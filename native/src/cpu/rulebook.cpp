#include "rulebook.h"

#include <string>
#include <utility>

namespace spc {
namespace {

constexpr int64_t kPartBlocks = 2048;
constexpr int64_t kMostCounters = int64_t{1} << 22;

// Finds, for one part of the coarse blocks, the fine positions at one column of taps. All that is sought ascends, so a
// cursor runs along the fine blocks and nothing is hashed.
class Walk {
 public:
  Walk(const Sites &coarse, const Sites &fine, const Kernel &kernel, int64_t begin, int64_t end)
      : coarse_(coarse), fine_(fine), kernel_(kernel), begin_(begin), sites_(static_cast<std::size_t>(end - begin)) {
    for (int64_t block = begin; block < end; ++block) sites_[block - begin] = coarse.box.site(coarse.keys[block]);
  }

  // visit(tap, coarse block, hits, word, next, bits): the sites `hits` of the coarse block meet the fine sites whose
  // places, counted from the first of block `word`, are the coarse places plus `bits`; those at 64 and more lie in
  // block `next`.
  // visit_one(tap, coarse position, fine position) where the stride on the last axis is not 1.
  template <class Visit, class VisitOne>
  void run(const Column &column, const Visit &visit, const VisitOne &visit_one) {
    const bool shifts = kernel_.stride[kernel_.last()] == 1;
    cursors_.assign(static_cast<std::size_t>(column.count), -1);
    for (std::size_t i = 0; i < sites_.size(); ++i) {
      uint64_t line = 0;
      if (!fine_line(sites_[i], kernel_.offsets[column.first], line)) continue;
      for (int64_t t = 0; t < column.count; ++t) {
        int64_t &cursor = cursors_[t];
        if (shifts) {
          shift(column.first + t, begin_ + static_cast<int64_t>(i), sites_[i], line, cursor, visit);
        } else {
          scatter(column.first + t, begin_ + static_cast<int64_t>(i), sites_[i], line, cursor, visit_one);
        }
      }
    }
  }

 private:
  bool fine_line(const Site &coarse, const Offset &offset, uint64_t &line) const {
    Site site{};
    site[0] = coarse[0];
    if (!fine_.box.holds(0, site[0])) return false;
    for (int axis = 1; axis < fine_.box.last(); ++axis) {
      site[axis] = kernel_.stride[axis - 1] * coarse[axis] + offset[axis - 1];
      if (!fine_.box.holds(axis, site[axis])) return false;
    }
    line = fine_.box.line(site);
    return true;
  }

  bool move_to(int64_t &cursor, uint64_t key) const {
    if (cursor < 0) cursor = 0;
    cursor = fine_.seek(cursor, key);
    return cursor < fine_.blocks && fine_.keys[cursor] == key;
  }

  template <class Visit>
  void shift(int64_t tap, int64_t block, const Site &site, uint64_t line, int64_t &cursor, const Visit &visit) const {
    const int last = fine_.box.last();
    const int64_t place = site[last] + kernel_.offsets[tap][last - 1] - fine_.box.low[last];
    const int64_t word = floor_divide(place, kBlockSites);
    const int bits = static_cast<int>(place - word * kBlockSites);
    const auto words = static_cast<int64_t>(fine_.box.line_blocks);
    if (word < -1 || word >= words) return;
    uint64_t window = 0;
    int64_t first = cursor, second = cursor;
    if (word >= 0 && move_to(cursor, line + static_cast<uint64_t>(word))) {
      first = cursor;
      window = fine_.masks[first] >> bits;
    }
    if (bits != 0 && word + 1 < words) {
      const uint64_t key = line + static_cast<uint64_t>(word + 1);
      if (word < 0) move_to(cursor, key);
      second = cursor;
      if (second < fine_.blocks && fine_.keys[second] < key) ++second;
      if (second < fine_.blocks && fine_.keys[second] == key) window |= fine_.masks[second] << (kBlockSites - bits);
    }
    const uint64_t hits = window & coarse_.masks[block];
    if (hits != 0) visit(tap, block, hits, first, second, bits);
  }

  template <class VisitOne>
  void scatter(int64_t tap, int64_t block, const Site &site, uint64_t line, int64_t &cursor,
               const VisitOne &visit_one) const {
    const int last = fine_.box.last();
    const int64_t stride = kernel_.stride[last - 1];
    const int64_t origin = stride * site[last] + kernel_.offsets[tap][last - 1] - fine_.box.low[last];
    int64_t position = coarse_.bases[block];
    for (uint64_t rest = coarse_.masks[block]; rest != 0; rest &= rest - 1, ++position) {
      const int64_t place = origin + stride * std::countr_zero(rest);
      if (place < 0 || place >= fine_.box.extent[last]) continue;
      const auto key = line + static_cast<uint64_t>(place) / kBlockSites;
      if (!move_to(cursor, key)) continue;
      const int bit = static_cast<int>(place % kBlockSites);
      if ((fine_.masks[cursor] >> bit & 1) == 0) continue;
      visit_one(tap, position, fine_.bases[cursor] + bits_below(fine_.masks[cursor], bit));
    }
  }

  const Sites &coarse_;
  const Sites &fine_;
  const Kernel &kernel_;
  int64_t begin_;
  std::vector<Site> sites_;       // first site of each coarse block
  std::vector<int64_t> cursors_;  // by tap of the column
};

// The columns that hold the first `taps` taps.
std::vector<Column> columns_below(const Kernel &kernel, int64_t taps) {
  std::vector<Column> result;
  for (const Column &column : kernel.columns()) {
    if (column.first < taps) result.push_back({column.first, std::min(column.count, taps - column.first)});
  }
  return result;
}

}  // namespace

Rulebook::Rulebook(const Sites &coarse, const Sites &fine, const Kernel &kernel)
    : taps_(kernel.taps()), mirrored_(&coarse == &fine && kernel.is_mirrored()) {
  for (const Sites *sites : {&coarse, &fine}) {
    if (kernel.dimensions == sites->dimensions()) continue;
    fail_argument("the geometry has " + std::to_string(kernel.dimensions) + " dimensions and the map " +
                  std::to_string(sites->dimensions()));
  }
  const auto side = [](const Sites &sites) {
    return Side{sites.rows, (sites.rows + kTileRows - 1) / kTileRows, sites.row_of};
  };
  coarse_ = side(coarse);
  fine_ = side(fine);
  stored_taps_ = mirrored_ ? taps_ / 2 + 1 : taps_;
  collect(coarse, fine, kernel);
  cut_tiles();
  for (int64_t t = 0; t < taps_; ++t) pairs_ += count(t);
}

void Rulebook::collect(const Sites &coarse, const Sites &fine, const Kernel &kernel) {
  // The centre of a mirrored kernel pairs each row with itself.
  const int64_t sought = mirrored_ ? taps_ / 2 : taps_;
  const std::vector<Column> columns = columns_below(kernel, sought);
  const int64_t most_parts = std::max<int64_t>(1, kMostCounters / std::max<int64_t>(1, sought));
  const int64_t parts = std::clamp<int64_t>((coarse.blocks + kPartBlocks - 1) / kPartBlocks, 1, most_parts);
  const Team team(parts);
  // Count, then fill: [part, tap], at first the number of pairs, then where the part writes.
  std::vector<int64_t> cells(static_cast<std::size_t>(parts * sought), 0);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(coarse.blocks, parts, part);
    int64_t *const counts = cells.data() + part * sought;
    Walk walk(coarse, fine, kernel, begin, end);
    for (const Column &column : columns) {
      walk.run(
          column,
          [&](int64_t tap, int64_t, uint64_t hits, int64_t, int64_t, int) { counts[tap] += std::popcount(hits); },
          [&](int64_t tap, int64_t, int64_t) { ++counts[tap]; });
    }
  });
  starts_.assign(static_cast<std::size_t>(stored_taps_) + 1, 0);
  int64_t sum = 0;
  for (int64_t t = 0; t < sought; ++t) {
    starts_[t] = sum;
    for (int64_t part = 0; part < parts; ++part) sum += std::exchange(cells[part * sought + t], sum);
  }
  if (mirrored_) {
    starts_[sought] = sum;
    sum += coarse.rows;
  }
  starts_[stored_taps_] = sum;
  coarse_positions_ = make_array<int32_t>(sum);
  fine_positions_ = make_array<int32_t>(sum);

  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(coarse.blocks, parts, part);
    int64_t *const next = cells.data() + part * sought;
    const auto put = [&](int64_t tap, int64_t coarse_position, int64_t fine_position) {
      const int64_t i = next[tap]++;
      coarse_positions_[i] = static_cast<int32_t>(coarse_position);
      fine_positions_[i] = static_cast<int32_t>(fine_position);
    };
    Walk walk(coarse, fine, kernel, begin, end);
    for (const Column &column : columns) {
      walk.run(
          column,
          [&](int64_t tap, int64_t block, uint64_t hits, int64_t word, int64_t following, int bits) {
            for (; hits != 0; hits &= hits - 1) {
              const int bit = std::countr_zero(hits);
              const int64_t in = bit + bits < kBlockSites ? word : following;
              const int place = (bit + bits) % kBlockSites;
              put(tap, coarse.bases[block] + bits_below(coarse.masks[block], bit),
                  fine.bases[in] + bits_below(fine.masks[in], place));
            }
          },
          put);
    }
    if (mirrored_ && begin < end) {
      const int64_t row_end = end == coarse.blocks ? coarse.rows : coarse.bases[end];
      for (int64_t row = coarse.bases[begin]; row < row_end; ++row) {
        coarse_positions_[starts_[sought] + row] = static_cast<int32_t>(row);
        fine_positions_[starts_[sought] + row] = static_cast<int32_t>(row);
      }
    }
  });
}

void Rulebook::cut_tiles() {
  coarse_tiles_ = make_array<int32_t>(stored_taps_ * (coarse_.tiles + 1));
  fine_tiles_ = make_array<int32_t>(stored_taps_ * (fine_.tiles + 1));
  const auto cut = [](const int32_t *positions, int64_t count, int64_t tiles, int32_t *out) {
    int64_t i = 0;
    for (int64_t tile = 0; tile <= tiles; ++tile) {
      const int64_t row = tile * kTileRows;
      int64_t step = 16;
      while (i + step < count && positions[i + step] < row) i += step, step *= 2;
      i = std::lower_bound(positions + i, positions + std::min(i + step, count), row) - positions;
      out[tile] = static_cast<int32_t>(i);
    }
  };
  const Team team(starts_[stored_taps_] < 4096 ? 1 : stored_taps_);
  parallel_for(team, stored_taps_, [&](int64_t t, int) {
    const int64_t start = starts_[t], count = starts_[t + 1] - start;
    cut(coarse_positions_.get() + start, count, coarse_.tiles, coarse_tiles_.get() + t * (coarse_.tiles + 1));
    cut(fine_positions_.get() + start, count, fine_.tiles, fine_tiles_.get() + t * (fine_.tiles + 1));
  });
}

Rulebook::Stored Rulebook::stored(int64_t tap) const {
  if (tap < stored_taps_) return {tap, false};
  return {taps_ - 1 - tap, true};
}

int64_t Rulebook::count(int64_t tap) const {
  const int64_t t = stored(tap).tap;
  return starts_[t + 1] - starts_[t];
}

TapPairs Rulebook::tap(int64_t tap, int32_t direction) const {
  const auto [t, swapped] = stored(tap);
  const int32_t *const coarse = coarse_positions_.get() + starts_[t];
  const int32_t *const fine = fine_positions_.get() + starts_[t];
  const int32_t *const coarse_tiles = coarse_tiles_.get() + t * (coarse_.tiles + 1);
  const int32_t *const fine_tiles = fine_tiles_.get() + t * (fine_.tiles + 1);
  const int64_t count = starts_[t + 1] - starts_[t];
  if ((direction == SPC_FINE_TO_COARSE) != swapped) return {fine, coarse, coarse_tiles, count};
  return {coarse, fine, fine_tiles, count};
}

void Rulebook::write_pairs(int64_t tap, int64_t *fine_rows, int64_t *coarse_rows) const {
  const TapPairs pairs = this->tap(tap, SPC_FINE_TO_COARSE);
  const auto row = [](const Side &side, int32_t position) { return side.row_of ? side.row_of[position] : position; };
  std::vector<std::pair<int32_t, int32_t>> rows(static_cast<std::size_t>(pairs.count));
  for (int64_t i = 0; i < pairs.count; ++i) rows[i] = {row(coarse_, pairs.to[i]), row(fine_, pairs.from[i])};
  if (coarse_.row_of) std::sort(rows.begin(), rows.end());
  for (int64_t i = 0; i < pairs.count; ++i) {
    coarse_rows[i] = rows[i].first;
    fine_rows[i] = rows[i].second;
  }
}

int64_t Rulebook::bytes() const {
  const auto table = [](const Side &side) { return side.row_of ? side.rows * 4 : 0; };
  return static_cast<int64_t>(sizeof(Rulebook)) + starts_[stored_taps_] * 8 + (stored_taps_ + 1) * 8 +
         stored_taps_ * (coarse_.tiles + fine_.tiles + 2) * 4 + table(coarse_) +
         (coarse_.row_of == fine_.row_of ? 0 : table(fine_));
}

}  // namespace spc
