#include "cpu/rulebook.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "cpu/strided_walk.h"
#include "cpu/walk.h"
#include "parallel.h"
#include "site_limits.h"

namespace spc {
namespace {

constexpr int64_t kPartRows = 4096;
constexpr int64_t kTaskPairs = 16384;  // that are worth a thread to cut tiles
static_assert(kPartRows + kBlockSites <= kMostPartRows);

bool has_unit_stride(const Kernel &kernel) {
  return std::all_of(kernel.stride.begin(), kernel.stride.begin() + kernel.dimensions,
                     [](int64_t stride) { return stride == 1; });
}

struct Found {
  std::vector<FoundPairs> parts;
  std::vector<int64_t> cells;  // [part, tap]: counts
  bool fine_walked;
};

// The pairs of the first `taps` taps.
Found find_pairs(const Team &team, const Sites &coarse, const Sites &fine, const Kernel &kernel, int64_t taps,
                 int64_t parts) {
  const bool unit = has_unit_stride(kernel);
  const Sites &walked = unit ? coarse : fine;
  Found found{std::vector<FoundPairs>(static_cast<std::size_t>(parts)),
              std::vector<int64_t>(static_cast<std::size_t>(parts * taps)), !unit};
  const auto blocks_of = [&](int64_t part) {
    const auto block = [&](int64_t row) {
      return std::lower_bound(walked.bases.get(), walked.bases.get() + walked.blocks, row) - walked.bases.get();
    };
    const auto [begin, end] = part_of(walked.rows, parts, part);
    return Range{block(begin), block(end)};
  };
  const auto walk_all = [&](const auto &make) {
    std::vector<decltype(make())> walks(static_cast<std::size_t>(team.size()));
    parallel_for(team, parts, [&](int64_t part, int thread) {
      if (!walks[thread]) walks[thread] = make();
      walks[thread]->run(blocks_of(part), found.parts[part], found.cells.data() + part * taps);
    });
  };
  if (unit) {
    walk_all([&] { return std::make_unique<Walk>(coarse, fine, kernel, taps); });
  } else {
    walk_all([&] { return std::make_unique<StridedWalk>(fine, coarse, kernel); });
  }
  return found;
}

// The first of ascending positions that is not below `row`. Steps double first; then a binary search without branches
// follows, since the processor could not predict them.
const int32_t *first_not_below(const int32_t *begin, const int32_t *end, int64_t row) {
  int64_t step = 16;
  while (step < end - begin && begin[step] < row) begin += step, step *= 2;
  int64_t count = std::min<int64_t>(step, end - begin);
  while (count > 0) {
    const int64_t half = (count + 1) / 2;
    begin += begin[half - 1] < row ? half : 0;
    count -= half;
  }
  return begin;
}

}  // namespace

Rulebook::Rulebook(const Sites &coarse, const Sites &fine, const Kernel &kernel)
    : taps_(kernel.taps()), mirrored_(&coarse == &fine && kernel.is_mirrored()) {
  for (const Sites *sites : {&coarse, &fine}) check_kernel(kernel, sites->dimensions());
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
  const int64_t walked = has_unit_stride(kernel) ? coarse.rows : fine.rows;
  const int64_t parts = std::max<int64_t>(1, (walked + kPartRows - 1) / kPartRows);
  const Team team(parts);
  Found found = find_pairs(team, coarse, fine, kernel, sought, parts);
  starts_.assign(static_cast<std::size_t>(stored_taps_) + 1, 0);
  for (int64_t t = 0; t < sought; ++t) {
    // Turns counts into the place where each part puts its pairs.
    int64_t next = starts_[t];
    for (int64_t part = 0; part < parts; ++part) next += std::exchange(found.cells[part * sought + t], next);
    starts_[t + 1] = next;
  }
  if (mirrored_) starts_[sought + 1] = starts_[sought] + coarse.rows;
  coarse_positions_ = make_array<int32_t>(starts_[sought]);
  fine_positions_ = make_array<int32_t>(starts_[sought]);
  int32_t *const walked_positions = (found.fine_walked ? fine_positions_ : coarse_positions_).get();
  int32_t *const other_positions = (found.fine_walked ? coarse_positions_ : fine_positions_).get();
  parallel_for(team, parts, [&](int64_t part, int) {
    FoundPairs &here = found.parts[part];
    int64_t *const put = found.cells.data() + part * sought;
    for (const FoundPair pair : here.pairs) {
      const int64_t i = put[pair.tap()]++;
      walked_positions[i] = static_cast<int32_t>(here.first_row + pair.walked());
      other_positions[i] = static_cast<int32_t>(pair.other());
    }
    PooledVector<FoundPair>().swap(here.pairs);
  });
  if (!mirrored_) return;
  centre_ = make_array<int32_t>(coarse.rows);
  std::iota(centre_.get(), centre_.get() + coarse.rows, 0);
}

void Rulebook::cut_tiles() {
  coarse_tiles_ = make_array<int32_t>(stored_taps_ * (coarse_.tiles + 1));
  fine_tiles_ = make_array<int32_t>(stored_taps_ * (fine_.tiles + 1));
  const auto cut = [](const int32_t *positions, int64_t count, int64_t tiles, int32_t *out) {
    const int32_t *const end = positions + count;
    const int32_t *position = positions;
    for (int64_t tile = 0; tile <= tiles; ++tile) {
      position = first_not_below(position, end, tile * kTileRows);
      out[tile] = static_cast<int32_t>(position - positions);
    }
  };
  const Team team(std::clamp<int64_t>(starts_[stored_taps_] / kTaskPairs, 1, stored_taps_));
  parallel_for(team, stored_taps_, [&](int64_t t, int) {
    const int64_t count = starts_[t + 1] - starts_[t];
    cut(positions(coarse_positions_, t), count, coarse_.tiles, coarse_tiles_.get() + t * (coarse_.tiles + 1));
    cut(positions(fine_positions_, t), count, fine_.tiles, fine_tiles_.get() + t * (fine_.tiles + 1));
  });
}

const int32_t *Rulebook::positions(const Array<int32_t> &side, int64_t t) const {
  return mirrored_ && t + 1 == stored_taps_ ? centre_.get() : side.get() + starts_[t];
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
  const int32_t *const coarse = positions(coarse_positions_, t), *const fine = positions(fine_positions_, t);
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
  const int64_t centre = mirrored_ ? coarse_.rows : 0;
  return static_cast<int64_t>(sizeof(Rulebook)) + (starts_[stored_taps_] - centre) * 8 + centre * 4 +
         (stored_taps_ + 1) * 8 + stored_taps_ * (coarse_.tiles + fine_.tiles + 2) * 4;
}

}  // namespace spc
