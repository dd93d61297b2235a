#include "cpu/rulebook.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kPartBlocks = 1024;
constexpr int64_t kMostCounters = int64_t{1} << 22;

// A pair of positions: coarse in the upper half, fine in the lower.
using Pairs = std::vector<uint64_t>;

// Finds the pairs of one part of the blocks of one side, `from`, with the other, by the law read from it. Within a
// column of taps all that is sought ascends, so a cursor runs along the other side's blocks and nothing is hashed.
class Walk {
 public:
  Walk(const Sites &from, const Sites &to, const Kernel &kernel, const SplitOffsets &offsets, Reading reading,
       Range blocks)
      : from_(from),
        to_(to),
        kernel_(kernel),
        offsets_(offsets),
        reading_(reading),
        last_(kernel.last()),
        stride_(kernel.stride[kernel.last()]) {
    extents_.fill(1);
    for (int axis = 0; axis < last_; ++axis) extents_[axis] = static_cast<uint64_t>(to.box.extent[axis + 1]);
    starts_.reserve(static_cast<std::size_t>(blocks.end - blocks.begin));
    SiteReader reader(from.box);
    for (int64_t block = blocks.begin; block < blocks.end; ++block) add(block, reader.read(from.keys[block]));
  }

  // Appends the pairs of each tap of the column to found[tap - column.first], ascending.
  void run(const Column &column, std::vector<Pairs> &found) const {
    const auto *const offsets = offsets_.data() + column.first;
    int64_t least = offsets[0][last_].quotient, most = least;
    for (int64_t t = 1; t < column.count; ++t) {
      least = std::min(least, offsets[t][last_].quotient);
      most = std::max(most, offsets[t][last_].quotient);
    }
    std::array<Split, kLeads> lead{};
    uint64_t line_shift = 0;
    for (int axis = 0; axis < last_; ++axis) {
      lead[axis] = offsets[0][axis];
      line_shift += to_.box.weights[axis + 1] * static_cast<uint64_t>(lead[axis].quotient);
    }
    const auto words = static_cast<int64_t>(to_.box.line_blocks);
    int64_t cursor = 0;
    for (const Start &start : starts_) {
      bool meets = true;
      for (int axis = 0; axis < kLeads; ++axis) {
        meets &= start.lead[axis].rest == lead[axis].rest;
        meets &= static_cast<uint64_t>(start.lead[axis].quotient + lead[axis].quotient) < extents_[axis];
      }
      const int64_t low = std::max<int64_t>((start.low + least) >> 6, 0);
      const int64_t high = std::min<int64_t>((start.high + most) >> 6, words - 1);
      if (!meets || low > high) continue;
      const uint64_t line = start.line + line_shift;
      cursor = to_.seek(cursor, line + static_cast<uint64_t>(low));
      if (cursor == to_.blocks) return;
      if (to_.keys[cursor] > line + static_cast<uint64_t>(high)) continue;
      if (stride_ == 1) {
        for (int64_t t = 0; t < column.count; ++t) {
          shift_mask(start.block, line, start.place + offsets[t][last_].quotient, cursor, found[t]);
        }
      } else if (high - low < kWindowWords) {
        look_up(start, column, open_window(line, low, high, cursor), found);
      } else {
        for (int64_t t = 0; t < column.count; ++t) seek_each(start, line, offsets[t][last_], cursor, found[t]);
      }
    }
  }

 private:
  static constexpr int kLeads = SPC_MAX_DIMENSIONS - 1;
  static constexpr int64_t kWindowWords = 8;

  // A block as the other side sees it at offset 0; quotients and places relative to the other box.
  struct Start {
    std::array<Split, kLeads> lead;  // leading coordinates
    uint64_t line;                   // key of the line's first block, modulo 2^64 where that is outside
    int64_t place;                   // along the line, of the block's first site
    int64_t low, high;               // the same of its first and last occupied ones
    int64_t block;
    int64_t site;  // its first site's coordinate on the last axis, in its own level
  };

  // Blocks of one line, side by side.
  struct Window {
    int64_t first;  // place of the first bit
    int64_t places;
    std::array<uint64_t, kWindowWords> masks;
    std::array<int32_t, kWindowWords> bases;
  };

  // Of a site, by its bit in the block.
  Split split(int64_t first_site, int bit) const {
    Split value = split_value(reading_, stride_, first_site + bit);
    value.quotient -= to_.box.low[last_ + 1];
    return value;
  }

  void add(int64_t block, const Site &site) {
    const Box &box = to_.box;
    if (!box.holds(0, site[0])) return;
    Start start{};
    start.block = block;
    start.site = site[last_ + 1];
    start.line = box.weights[0] * static_cast<uint64_t>(site[0] - box.low[0]);
    for (int axis = 0; axis < last_; ++axis) {
      start.lead[axis] = split_value(reading_, kernel_.stride[axis], site[axis + 1]);
      start.lead[axis].quotient -= box.low[axis + 1];
      start.line += box.weights[axis + 1] * static_cast<uint64_t>(start.lead[axis].quotient);
    }
    const uint64_t mask = from_.masks[block];
    start.place = split(site[last_ + 1], 0).quotient;
    start.low = split(site[last_ + 1], std::countr_zero(mask)).quotient;
    start.high = split(site[last_ + 1], kBlockSites - 1 - std::countl_zero(mask)).quotient;
    starts_.push_back(start);
  }

  // The block with that key at or after the cursor, or one past the last.
  int64_t find(int64_t cursor, uint64_t key) const {
    const int64_t block = to_.seek(cursor, key);
    return block < to_.blocks && to_.keys[block] == key ? block : to_.blocks;
  }

  uint64_t pair(int64_t from, int64_t to) const {
    const auto coarse = static_cast<uint64_t>(reading_ == Reading::kCoarseToFine ? from : to);
    const auto fine = static_cast<uint64_t>(reading_ == Reading::kCoarseToFine ? to : from);
    return coarse << 32 | fine;
  }

  // Stride 1 along the line: 64 sites meet 64 sites that lie in two blocks.
  void shift_mask(int64_t block, uint64_t line, int64_t place, int64_t cursor, Pairs &found) const {
    const int64_t word = place >> 6;
    const int bits = static_cast<int>(place & 63);
    const uint64_t mask = from_.masks[block];
    const auto words = static_cast<int64_t>(to_.box.line_blocks);
    uint64_t here = 0, beyond = 0;
    int64_t first = cursor, second = cursor;
    if (word >= 0 && word < words && (mask << bits) != 0) {
      first = find(cursor, line + static_cast<uint64_t>(word));
      if (first < to_.blocks) here = mask & to_.masks[first] >> bits;
    }
    if (bits != 0 && word + 1 >= 0 && word + 1 < words && (mask >> (kBlockSites - bits)) != 0) {
      second = find(cursor, line + static_cast<uint64_t>(word + 1));
      if (second < to_.blocks) beyond = mask & to_.masks[second] << (kBlockSites - bits);
    }
    for (; here != 0; here &= here - 1) {
      const int bit = std::countr_zero(here);
      found.push_back(pair(from_.position(block, bit), to_.position(first, bit + bits)));
    }
    for (; beyond != 0; beyond &= beyond - 1) {
      const int bit = std::countr_zero(beyond);
      found.push_back(pair(from_.position(block, bit), to_.position(second, bit + bits - kBlockSites)));
    }
  }

  Window open_window(uint64_t line, int64_t low, int64_t high, int64_t cursor) const {
    Window window{low * kBlockSites, (high - low + 1) * kBlockSites, {}, {}};
    for (; cursor < to_.blocks && to_.keys[cursor] <= line + static_cast<uint64_t>(high); ++cursor) {
      const uint64_t word = to_.keys[cursor] - line - static_cast<uint64_t>(low);
      window.masks[word] = to_.masks[cursor];
      window.bases[word] = to_.bases[cursor];
    }
    return window;
  }

  // Any stride, within a window: site by site and tap by tap.
  void look_up(const Start &start, const Column &column, const Window &window, std::vector<Pairs> &found) const {
    int64_t position = from_.bases[start.block];
    for (uint64_t rest = from_.masks[start.block]; rest != 0; rest &= rest - 1, ++position) {
      const Split value = split(start.site, std::countr_zero(rest));
      for (int64_t t = 0; t < column.count; ++t) {
        const Split &offset = offsets_[column.first + t][last_];
        const int64_t bit = value.quotient + offset.quotient - window.first;
        if (value.rest != offset.rest || bit < 0 || bit >= window.places) continue;
        const auto word = static_cast<std::size_t>(bit) / kBlockSites;
        const int in_word = static_cast<int>(bit % kBlockSites);
        if ((window.masks[word] >> in_word & 1) == 0) continue;
        found[t].push_back(pair(position, window.bases[word] + bits_below(window.masks[word], in_word)));
      }
    }
  }

  // Any stride, however wide: site by site, each sought from the one before.
  void seek_each(const Start &start, uint64_t line, const Split &offset, int64_t cursor, Pairs &found) const {
    int64_t position = from_.bases[start.block];
    for (uint64_t rest = from_.masks[start.block]; rest != 0; rest &= rest - 1, ++position) {
      const Split value = split(start.site, std::countr_zero(rest));
      const int64_t place = value.quotient + offset.quotient;
      if (value.rest != offset.rest || place < 0 || place >= to_.box.extent[last_ + 1]) continue;
      const uint64_t key = line + static_cast<uint64_t>(place) / kBlockSites;
      cursor = to_.seek(cursor, key);
      if (cursor == to_.blocks) return;
      const int bit = static_cast<int>(place % kBlockSites);
      if (to_.keys[cursor] == key && (to_.masks[cursor] >> bit & 1) != 0) {
        found.push_back(pair(position, to_.position(cursor, bit)));
      }
    }
  }

  const Sites &from_;
  const Sites &to_;
  const Kernel &kernel_;
  const SplitOffsets &offsets_;
  Reading reading_;
  int last_;
  int64_t stride_;
  std::array<uint64_t, kLeads> extents_{};  // of the other box
  std::vector<Start> starts_;
};

// The columns that hold the first `taps` taps.
std::vector<Column> columns_below(const Kernel &kernel, int64_t taps) {
  std::vector<Column> result;
  for (const Column &column : kernel.columns()) {
    if (column.first < taps) result.push_back({column.first, std::min(column.count, taps - column.first)});
  }
  return result;
}

// With a stride, few fine sites meet any coarse one through a given tap, so the fine side is walked.
bool has_unit_stride(const Kernel &kernel) {
  return std::all_of(kernel.stride.begin(), kernel.stride.begin() + kernel.dimensions,
                     [](int64_t stride) { return stride == 1; });
}

int64_t parts_of(const Sites &walked, int64_t taps) {
  const int64_t most = std::max<int64_t>(1, kMostCounters / std::max<int64_t>(1, taps));
  return std::clamp<int64_t>((walked.blocks + kPartBlocks - 1) / kPartBlocks, 1, most);
}

struct Found {
  std::vector<Pairs> pairs;    // by part, tap by tap
  std::vector<int64_t> cells;  // [part, tap]: counts
};

// The pairs of the first `taps` taps.
Found find_pairs(const Team &team, const Sites &coarse, const Sites &fine, const Kernel &kernel, int64_t taps,
                 int64_t parts) {
  const bool unit = has_unit_stride(kernel);
  const Reading reading = unit ? Reading::kCoarseToFine : Reading::kFineToCoarse;
  const Sites &walked = unit ? coarse : fine, &other = unit ? fine : coarse;
  const SplitOffsets offsets = split_offsets(kernel, reading);
  const std::vector<Column> columns = columns_below(kernel, taps);
  Found found{std::vector<Pairs>(static_cast<std::size_t>(parts)),
              std::vector<int64_t>(static_cast<std::size_t>(parts * taps))};
  parallel_for(team, parts, [&](int64_t part, int) {
    const Walk walk(walked, other, kernel, offsets, reading, part_of(walked.blocks, parts, part));
    Pairs &pairs = found.pairs[part];
    std::vector<Pairs> by_tap;
    for (const Column &column : columns) {
      by_tap.resize(std::max(by_tap.size(), static_cast<std::size_t>(column.count)));
      walk.run(column, by_tap);
      for (int64_t t = 0; t < column.count; ++t) {
        found.cells[part * taps + column.first + t] = std::ssize(by_tap[t]);
        pairs.insert(pairs.end(), by_tap[t].begin(), by_tap[t].end());
        by_tap[t].clear();
      }
    }
  });
  return found;
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
  const int64_t parts = parts_of(has_unit_stride(kernel) ? coarse : fine, sought);
  const Team team(parts);
  Found found = find_pairs(team, coarse, fine, kernel, sought, parts);
  starts_.assign(static_cast<std::size_t>(stored_taps_) + 1, 0);
  for (int64_t t = 0; t < sought; ++t) {
    // From counts to where each part puts its pairs.
    int64_t next = starts_[t];
    for (int64_t part = 0; part < parts; ++part) next += std::exchange(found.cells[part * sought + t], next);
    starts_[t + 1] = next;
  }
  if (mirrored_) starts_[sought + 1] = starts_[sought] + coarse.rows;
  coarse_positions_ = make_array<int32_t>(starts_[stored_taps_]);
  fine_positions_ = make_array<int32_t>(starts_[stored_taps_]);
  parallel_for(team, parts, [&](int64_t part, int) {
    const uint64_t *pair = found.pairs[part].data();
    const int64_t *const put = found.cells.data() + part * sought;
    // The last part ends where the next tap starts.
    const int64_t *const end = part + 1 < parts ? put + sought : starts_.data() + 1;
    for (int64_t t = 0; t < sought; ++t) {
      for (int64_t i = put[t]; i < end[t]; ++i, ++pair) {
        coarse_positions_[i] = static_cast<int32_t>(*pair >> 32);
        fine_positions_[i] = static_cast<int32_t>(*pair & 0xffffffff);
      }
    }
    Pairs().swap(found.pairs[part]);
  });
  if (!mirrored_) return;
  for (int32_t *const positions : {coarse_positions_.get(), fine_positions_.get()}) {
    std::iota(positions + starts_[sought], positions + starts_[sought + 1], 0);
  }
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
