#include "cuda/coordinate_map.h"

#include <bit>
#include <vector>

#include "cuda/layout.cuh"
#include "cuda/radix_sort.h"
#include "site_limits.h"

namespace spc::cuda {
namespace {

static_assert(kLatticeAxes == kMaxAxes);

constexpr int kThreads = 256;
constexpr int64_t kBoundsRows = 16;  // a thread
constexpr int64_t kTapsEach = 8;     // a thread
constexpr int64_t kMostGroups = 65535;

using SiteMaker = std::shared_ptr<Sites>;

const Kernel &kernel_of(const Queue &queue, const char *name) {
  return queue.device().kernel("coordinate_map", "", name);
}

Lattice lattice_of(const Box &box) {
  Lattice lattice{};
  lattice.axes = box.axes;
  for (int axis = 0; axis < box.axes; ++axis) {
    lattice.low[axis] = box.low[axis];
    lattice.extent[axis] = box.extent[axis];
    lattice.weights[axis] = axis == box.last() ? 1 : box.weights[axis] * kBlockSites;
  }
  return lattice;
}

int key_bits(const Box &box) {
  return std::bit_width(box.blocks() * kBlockSites - 1);
}

SiteMaker make_empty(const Queue &queue, int axes) {
  auto sites = std::make_shared<Sites>(queue);
  sites->axes = axes;
  sites->box.axes = axes;
  for (int axis = 0; axis < axes; ++axis) sites->high[axis] = -1;
  return sites;
}

// Finds the least and the greatest value of each column; there are rows.
void read_bounds(const Queue &queue, const int32_t *coordinates, int64_t rows, Sites &sites) {
  const Buffer<std::array<int32_t, 2 * kMaxAxes>> spans(queue, 1);
  auto *const values = reinterpret_cast<int32_t *>(spans.data());
  const auto bytes = static_cast<int64_t>(sizeof(int32_t)) * sites.axes;
  queue.copy(values, coordinates, bytes);
  queue.copy(values + kMaxAxes, coordinates, bytes);
  launch(queue, kernel_of(queue, "widen_bounds"), cover(rows, kThreads * kBoundsRows), kThreads, 0, coordinates, rows,
         static_cast<int32_t>(sites.axes), values);
  const std::array<int32_t, 2 *kMaxAxes> found = queue.read(spans.data());
  std::copy_n(found.begin(), sites.axes, sites.low.begin());
  std::copy_n(found.begin() + kMaxAxes, sites.axes, sites.high.begin());
}

Box box_of(const Sites &sites) {
  Site low{}, high{};
  std::copy_n(sites.low.begin(), sites.axes, low.begin());
  std::copy_n(sites.high.begin(), sites.axes, high.begin());
  return Box::make(sites.axes, low, high);
}

// Makes the table of the coordinates. `twice`, in device memory, receives the least key that occurs twice.
void fill_table(const Queue &queue, Sites &sites, uint64_t *twice) {
  const auto slots = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * sites.rows)));
  sites.slots = Buffer<uint64_t>(queue, slots);
  sites.slot_rows = Buffer<int32_t>(queue, slots);
  queue.fill(sites.slots.data(), 0xff, sites.slots.bytes());
  queue.fill(twice, 0xff, sizeof *twice);
  launch(queue, kernel_of(queue, "insert_rows"), cover(sites.rows, kThreads), kThreads, 0,
         static_cast<const int32_t *>(sites.coordinates.data()), sites.rows, lattice_of(sites.box), sites.slots.data(),
         sites.slot_rows.data(), static_cast<uint64_t>(slots - 1), twice);
}

// Fails with the first two rows of a site that occurs twice.
[[noreturn]] void refuse_twice(const Queue &queue, const Sites &sites, uint64_t key) {
  int64_t rows[2] = {-1, -1};
  const Buffer<uint64_t> lowest(queue, 1);
  for (int64_t i = 0; i < 2; ++i) {
    queue.fill(lowest.data(), 0xff, lowest.bytes());
    launch(queue, kernel_of(queue, "lowest_row"), cover(sites.rows, kThreads), kThreads, 0,
           static_cast<const int32_t *>(sites.coordinates.data()), sites.rows, lattice_of(sites.box), key,
           i == 0 ? int64_t{-1} : rows[0], lowest.data());
    rows[i] = static_cast<int64_t>(queue.read(lowest.data()));
  }
  std::array<int32_t, kMaxAxes> site{};
  queue.copy(site.data(), sites.coordinates.data() + rows[0] * sites.axes, sites.axes * int64_t{sizeof(int32_t)});
  queue.synchronize();
  fail_twice(site.data(), sites.axes, rows[0], rows[1]);
}

// A set of keys that a CUDA kernel fills. Where its slots do not suffice, it is filled again with more.
class KeySet {
 public:
  // expected: a guess of how many distinct keys there are.
  KeySet(const Queue &queue, const int32_t *coordinates, int64_t rows, const Reaching &way, const Box &to,
         int64_t expected)
      : queue_(queue), state_(queue, 1) {
    const Lattice lattice = lattice_of(to);
    const Grid grid{cover(rows, kThreads).x, std::min(cover(way.tap_count, kTapsEach).x, kMostGroups)};
    for (auto slots = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(2 * expected)));; slots *= 4) {
      slots_ = Buffer<uint64_t>();
      slots_ = Buffer<uint64_t>(queue, slots);
      queue.fill(slots_.data(), 0xff, slots_.bytes());
      queue.fill(state_.data(), 0, state_.bytes());
      queue.fill(&state_.data()->outside, 0xff, sizeof(uint64_t));
      launch(queue, kernel_of(queue, "add_reached"), grid, kThreads, 0, coordinates, rows, way, lattice, slots_.data(),
             static_cast<uint64_t>(slots - 1), state_.data());
      found_ = queue.read(state_.data());
      if (found_.full == 0) break;
    }
  }

  uint64_t outside() const { return found_.outside; }
  int64_t count() const { return static_cast<int64_t>(found_.distinct); }

  Buffer<uint64_t> keys() const {
    Buffer<uint64_t> keys(queue_, count());
    const Buffer<uint64_t> taken(queue_, 1);
    queue_.fill(taken.data(), 0, taken.bytes());
    launch(queue_, kernel_of(queue_, "take_keys"), cover(slots_.count(), kThreads), kThreads, 0,
           static_cast<const uint64_t *>(slots_.data()), slots_.count(), keys.data(), taken.data());
    return keys;
  }

 private:
  const Queue &queue_;
  Buffer<SetState> state_;
  Buffer<uint64_t> slots_;
  SetState found_{};
};

// The sites of the set, in lexicographic order.
SitesPointer make_sorted(const Queue &queue, const KeySet &set, const Box &box) {
  if (set.count() == 0) return make_empty(queue, box.axes);
  if (set.count() > kMostMapRows) fail_too_many_rows(set.count());
  auto sites = std::make_shared<Sites>(queue);
  sites->axes = box.axes;
  sites->rows = set.count();
  sites->box = box;
  Buffer<uint64_t> keys = set.keys();
  radix_sort(queue, keys, key_bits(box), nullptr);
  sites->coordinates = Buffer<int32_t>(queue, sites->rows * box.axes);
  launch(queue, kernel_of(queue, "write_sites"), cover(sites->rows, kThreads), kThreads, 0,
         static_cast<const uint64_t *>(keys.data()), sites->rows, lattice_of(box), sites->coordinates.data());
  const Buffer<uint64_t> twice(queue, 1);
  fill_table(queue, *sites, twice.data());
  read_bounds(queue, sites->coordinates.data(), sites->rows, *sites);
  return sites;
}

int64_t guess_distinct(int64_t rows, int64_t taps) {
  return std::min(rows * taps, 4 * rows);
}

// Fails for a site beyond int32, found as candidate row * taps + tap.
[[noreturn]] void refuse_outside(const Queue &queue, const Sites &from, const spc::Kernel &kernel,
                                 const SplitOffsets &offsets, const Limits &limits, Reading reading,
                                 int64_t candidate) {
  const auto taps = static_cast<int64_t>(offsets.size());
  const auto &tap = offsets[static_cast<std::size_t>(candidate % taps)];
  std::array<int32_t, kMaxAxes> site{};
  queue.copy(site.data(), from.coordinates.data() + candidate / taps * from.axes, from.axes * int64_t{sizeof(int32_t)});
  queue.synchronize();
  const auto admit = [&](int axis) {
    const int64_t value = split_value(reading, kernel.stride[axis - 1], site[axis]).quotient + tap[axis - 1].quotient;
    limits.admit(axis, value);
  };
  admit(from.axes - 1);
  for (int axis = 1; axis + 1 < from.axes; ++axis) admit(axis);
  throw Error(SPC_INTERNAL, "a site was found to lie outside of int32, and does not");
}

std::vector<TapSplit> tap_splits(const SplitOffsets &offsets, int dimensions) {
  std::vector<TapSplit> taps(offsets.size(), TapSplit{});
  for (std::size_t t = 0; t < taps.size(); ++t) {
    for (int axis = 0; axis < dimensions; ++axis) {
      taps[t].quotient[axis] = offsets[t][axis].quotient;
      taps[t].rest[axis] = static_cast<int32_t>(offsets[t][axis].rest);
    }
  }
  return taps;
}

Reaching make_way(const Offset &stride, int dimensions, Reading reading, const Limits &limits) {
  Reaching way{};
  way.divides = reading != Reading::kCoarseToFine ? 1 : 0;
  way.floors = reading == Reading::kFloor ? 1 : 0;
  way.bounded = limits.bounded ? 1 : 0;
  way.dimensions = dimensions;
  for (int axis = 0; axis < dimensions; ++axis) {
    way.stride[axis] = static_cast<int32_t>(stride[axis]);
    way.low[axis] = limits.low[axis + 1];
    way.high[axis] = limits.high[axis + 1];
  }
  return way;
}

SitesPointer make_level(const Queue &queue, const Sites &from, const spc::Kernel &kernel, const int32_t *bounds,
                        Reading reading) {
  check_kernel(kernel, from.dimensions());
  check_bounds(bounds, kernel.dimensions);
  const Limits limits(from.axes, bounds);
  SplitOffsets offsets = split_offsets(kernel, reading);
  if (reading == Reading::kFloor) offsets.resize(1);
  Box box;
  if (from.rows == 0 || !reached_box(from.box, kernel, offsets, limits, reading, box)) {
    return make_empty(queue, from.axes);
  }
  const std::vector<TapSplit> splits = tap_splits(offsets, kernel.dimensions);
  const Input<TapSplit> taps(queue, splits.data(), std::ssize(splits));
  Reaching way = make_way(kernel.stride, kernel.dimensions, reading, limits);
  way.taps = taps.data();
  way.tap_count = static_cast<int32_t>(splits.size());
  const KeySet set(queue, from.coordinates.data(), from.rows, way, box, guess_distinct(from.rows, way.tap_count));
  if (set.outside() != kFreeSlot) {
    refuse_outside(queue, from, kernel, offsets, limits, reading, static_cast<int64_t>(set.outside()));
  }
  return make_sorted(queue, set, box);
}

}  // namespace

SiteTable Sites::table() const {
  SiteTable table{};
  table.lattice.axes = axes;
  if (rows == 0) return table;
  table.lattice = lattice_of(box);
  table.slots = slots.data();
  table.rows = slot_rows.data();
  table.mask = static_cast<uint64_t>(slots.count() - 1);
  return table;
}

SitesPointer make_sites(const Queue &queue, const int32_t *coordinates, int64_t rows, int dimensions) {
  check_rows(coordinates, rows, dimensions);
  if (rows == 0) return make_empty(queue, 1 + dimensions);
  auto sites = std::make_shared<Sites>(queue);
  sites->axes = 1 + dimensions;
  sites->rows = rows;
  sites->coordinates = Buffer<int32_t>(queue, rows * sites->axes);
  queue.copy(sites->coordinates.data(), coordinates, sites->coordinates.bytes());
  read_bounds(queue, sites->coordinates.data(), rows, *sites);
  sites->box = box_of(*sites);
  const Buffer<uint64_t> twice(queue, 1);
  fill_table(queue, *sites, twice.data());
  const uint64_t key = queue.read(twice.data());
  if (key != kFreeSlot) refuse_twice(queue, *sites, key);
  return sites;
}

SitesPointer make_merged_sites(const Queue &queue, const int32_t *coordinates, int64_t rows, int dimensions,
                               int64_t *map_rows) {
  check_rows(coordinates, rows, dimensions);
  if (rows > 0 && map_rows == nullptr) fail_argument("map_rows is NULL");
  if (rows == 0) return make_empty(queue, 1 + dimensions);
  const Input<int32_t> given(queue, coordinates, rows * (1 + dimensions));
  Sites spanned(queue);
  spanned.axes = 1 + dimensions;
  read_bounds(queue, given.data(), rows, spanned);
  const Box box = box_of(spanned);
  // One tap leads each site to itself.
  const TapSplit stay{};
  const Input<TapSplit> taps(queue, &stay, 1);
  Reaching way = make_way({1, 1, 1, 1}, dimensions, Reading::kCoarseToFine, Limits(1 + dimensions, nullptr));
  way.taps = taps.data();
  way.tap_count = 1;
  const SitesPointer sites = make_sorted(queue, KeySet(queue, given.data(), rows, way, box, rows), box);
  find_rows(queue, *sites, given.data(), rows, map_rows);
  return sites;
}

SitesPointer dilate(const Queue &queue, const Sites &fine, const spc::Kernel &kernel, const int32_t *bounds) {
  return make_level(queue, fine, kernel, bounds, Reading::kFineToCoarse);
}

SitesPointer downsample(const Queue &queue, const Sites &fine, const spc::Kernel &kernel, const int32_t *bounds) {
  return make_level(queue, fine, kernel, bounds, Reading::kFloor);
}

SitesPointer refine(const Queue &queue, const Sites &coarse, const spc::Kernel &kernel, const int32_t *bounds) {
  return make_level(queue, coarse, kernel, bounds, Reading::kCoarseToFine);
}

void write_bounds(const Sites &sites, int32_t *low, int32_t *high) {
  std::copy_n(sites.low.begin(), sites.axes, low);
  std::copy_n(sites.high.begin(), sites.axes, high);
}

void write_coordinates(const Queue &queue, const Sites &sites, int32_t *out) {
  if (sites.rows == 0) return;
  queue.copy(out, sites.coordinates.data(), sites.coordinates.bytes());
  if (!is_device_memory(queue, out)) queue.synchronize();
}

void find_rows(const Queue &queue, const Sites &sites, const int32_t *coordinates, int64_t rows, int64_t *out) {
  const Input<int32_t> given(queue, coordinates, rows * sites.axes);
  const Output<int64_t> found(queue, out, rows);
  launch(queue, kernel_of(queue, "find_sites"), cover(rows, kThreads), kThreads, 0, given.data(), rows, sites.table(),
         found.data());
  found.finish();
}

}  // namespace spc::cuda
