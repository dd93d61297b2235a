#include "cpu/coordinate_map.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "cpu/block_list.h"
#include "cpu/radix_sort.h"
#include "parallel.h"
#include "site_limits.h"

namespace spc {
namespace {

constexpr int64_t kPartRows = 16384;
constexpr int64_t kPartBlocks = 4096;

int64_t parts_for(int64_t count, int64_t size) {
  return std::max<int64_t>(1, (count + size - 1) / size);
}

std::shared_ptr<Sites> make_empty(int axes) {
  auto sites = std::make_shared<Sites>();
  sites->box = Box::make(axes, Site{}, Site{});
  return sites;
}

// Takes rows in turns, so that no minimum waits for the one just before it.
template <int kAxes>
void widen(const int32_t *site, int64_t rows, Site &low, Site &high) {
  constexpr int64_t kTurns = 4;
  std::array<int32_t, kTurns * kAxes> least, most;
  for (int i = 0; i < kTurns * kAxes; ++i) least[i] = most[i] = site[i % kAxes];
  const auto take = [&](int values) {
    for (int i = 0; i < values; ++i) {
      least[i] = std::min(least[i], site[i]);
      most[i] = std::max(most[i], site[i]);
    }
  };
  for (; rows >= kTurns; rows -= kTurns, site += kTurns * kAxes) take(kTurns * kAxes);
  for (; rows > 0; --rows, site += kAxes) take(kAxes);
  for (int i = 0; i < kTurns * kAxes; ++i) {
    low[i % kAxes] = std::min<int64_t>(low[i % kAxes], least[i]);
    high[i % kAxes] = std::max<int64_t>(high[i % kAxes], most[i]);
  }
}

Box bounding_box(const Team &team, const int32_t *coordinates, int64_t rows, int axes) {
  constexpr std::array<decltype(&widen<2>), 4> kWiden = {widen<2>, widen<3>, widen<4>, widen<5>};
  const int64_t parts = parts_for(rows, kPartRows);
  std::vector<Site> low(static_cast<std::size_t>(parts)), high(low);
  for (int axis = 0; axis < axes; ++axis) low[0][axis] = high[0][axis] = coordinates[axis];
  std::fill(low.begin(), low.end(), low[0]);
  std::fill(high.begin(), high.end(), high[0]);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    kWiden[axes - 2](coordinates + begin * axes, end - begin, low[part], high[part]);
  });
  for (int64_t part = 1; part < parts; ++part) {
    for (int axis = 0; axis < axes; ++axis) {
      low[0][axis] = std::min(low[0][axis], low[part][axis]);
      high[0][axis] = std::max(high[0][axis], high[part][axis]);
    }
  }
  return Box::make(axes, low[0], high[0]);
}

// The key of a site: the key of its block and, in the last 6 bits, its place in the block.
uint64_t site_key(const Box &box, const int32_t *site) {
  uint64_t key = 0;
  for (int axis = 0; axis < box.last(); ++axis) {
    key += box.weights[axis] * static_cast<uint64_t>(site[axis] - box.low[axis]);
  }
  return key * kBlockSites + static_cast<uint64_t>(site[box.last()] - box.low[box.last()]);
}

// Sorts site keys and rows by key and then by row. Both are in one word where they fit.
class PackedOrder {
 public:
  using Entry = uint64_t;
  explicit PackedOrder(int row_bits) : row_bits_(row_bits) {}
  uint64_t key(uint64_t entry) const { return entry >> row_bits_; }
  int64_t row(uint64_t entry) const { return static_cast<int64_t>(entry & ((uint64_t{1} << row_bits_) - 1)); }
  uint64_t entry(uint64_t key, int64_t row) const { return key << row_bits_ | static_cast<uint64_t>(row); }

 private:
  int row_bits_;
};

class WideOrder {
 public:
  using Entry = Item;
  uint64_t key(const Item &item) const { return item.key; }
  int64_t row(const Item &item) const { return static_cast<int64_t>(item.value); }
  Item entry(uint64_t key, int64_t row) const { return {key, static_cast<uint64_t>(row)}; }
};

// Calls use(order, entries) with the sorted rows.
template <class Order, class Use>
void with_order(const Order &order, const Team &team, const Box &box, const int32_t *coordinates, int64_t rows,
                int key_bits, const Use &use) {
  using Entry = typename Order::Entry;
  const Array<Entry> entries = radix_sort<Entry>(
      team, rows, key_bits, [&](int64_t row) { return order.entry(site_key(box, coordinates + row * box.axes), row); },
      [order](const Entry &entry) { return order.key(entry); });
  use(order, entries.get());
}

template <class Use>
void sort_rows(const Team &team, const Box &box, const int32_t *coordinates, int64_t rows, const Use &use) {
  const int key_bits = std::bit_width(box.blocks() * kBlockSites - 1);
  const int row_bits = std::bit_width(static_cast<uint64_t>(rows - 1));
  if (key_bits + row_bits <= 64) {
    with_order(PackedOrder(row_bits), team, box, coordinates, rows, key_bits, use);
  } else {
    with_order(WideOrder(), team, box, coordinates, rows, key_bits, use);
  }
}

// Joins sorted entries into blocks, without branches that the processor could not predict. Writes their rows to row_of,
// unless it is null. Returns whether some row differs from its position.
template <class Order>
bool join_entries(const Team &team, const Order order, const typename Order::Entry *const entries, int64_t rows,
                  int32_t *const row_of, Sites &sites) {
  const int64_t parts = parts_for(rows, kPartRows);
  const auto block_of = [&](int64_t i) { return order.key(entries[i]) / kBlockSites; };
  const auto begin_of = [&](int64_t part) {
    int64_t i = part == parts ? rows : part_of(rows, parts, part).begin;
    while (i > 0 && i < rows && block_of(i) == block_of(i - 1)) ++i;
    return i;
  };
  std::vector<BlockList> lists(static_cast<std::size_t>(parts));
  std::vector<char> moved(static_cast<std::size_t>(parts), 0);
  const auto join = [&, order, entries, row_of](int64_t begin, int64_t end, Block *block) {
    uint64_t here = block_of(begin), mask = 0;
    int64_t difference = 0;
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t key = order.key(entries[i]);
      const bool next = key / kBlockSites != here;
      here = key / kBlockSites;
      mask = (next ? 0 : mask) | uint64_t{1} << (key % kBlockSites);
      block += next ? 1 : 0;
      *block = {here, mask};
      if (row_of == nullptr) continue;
      row_of[i] = static_cast<int32_t>(order.row(entries[i]));
      difference |= order.row(entries[i]) ^ i;
    }
    return std::pair(block + 1, difference != 0);
  };
  parallel_for(team, parts, [&](int64_t part, int) {
    const int64_t begin = begin_of(part), end = begin_of(part + 1);
    if (begin >= end) return;
    PooledVector<Block> &blocks = lists[part].blocks;
    blocks.resize(static_cast<std::size_t>(end - begin));
    const auto [last, any_moved] = join(begin, end, blocks.data());
    moved[part] = any_moved ? 1 : 0;
    blocks.resize(static_cast<std::size_t>(last - blocks.data()));
    for (const Block &block : blocks) lists[part].rows += std::popcount(block.mask);
  });
  join_blocks(team, lists, sites);
  return std::find(moved.begin(), moved.end(), 1) != moved.end();
}

template <class Order>
void check_distinct(const Order &order, const typename Order::Entry *entries, int64_t rows, const int32_t *coordinates,
                    int axes) {
  for (int64_t i = 1; i < rows; ++i) {
    if (order.key(entries[i]) != order.key(entries[i - 1])) continue;
    const int64_t first = order.row(entries[i - 1]), second = order.row(entries[i]);
    fail_twice(coordinates + first * axes, axes, first, second);
  }
}

}  // namespace

SitesPointer make_sites(const int32_t *coordinates, int64_t rows, int dimensions) {
  check_rows(coordinates, rows, dimensions);
  const int axes = 1 + dimensions;
  if (rows == 0) return make_empty(axes);
  const Team team(parts_for(rows, kPartRows));
  auto sites = std::make_shared<Sites>();
  sites->box = bounding_box(team, coordinates, rows, axes);
  sites->tight = true;
  sort_rows(team, sites->box, coordinates, rows, [&](const auto &order, const auto *entries) {
    const std::shared_ptr<int32_t[]> row_of = make_array<int32_t>(rows);
    const bool moved = join_entries(team, order, entries, rows, row_of.get(), *sites);
    if (sites->rows != rows) check_distinct(order, entries, rows, coordinates, axes);
    if (moved) sites->row_of = row_of;
  });
  return sites;
}

SitesPointer make_merged_sites(const int32_t *coordinates, int64_t rows, int dimensions, int64_t *map_rows) {
  check_rows(coordinates, rows, dimensions);
  if (rows > 0 && map_rows == nullptr) fail_argument("map_rows is NULL");
  const int axes = 1 + dimensions;
  if (rows == 0) return make_empty(axes);
  const int64_t parts = parts_for(rows, kPartRows);
  const Team team(parts);
  auto sites = std::make_shared<Sites>();
  sites->box = bounding_box(team, coordinates, rows, axes);
  sites->tight = true;
  sort_rows(team, sites->box, coordinates, rows, [&](const auto &order, const auto *entries) {
    join_entries(team, order, entries, rows, nullptr, *sites);
    parallel_for(team, parts, [&](int64_t part, int) {
      const auto [begin, end] = part_of(rows, parts, part);
      if (begin == end) return;
      int64_t block = sites->seek(0, order.key(entries[begin]) / kBlockSites);
      for (int64_t i = begin; i < end; ++i) {
        const uint64_t key = order.key(entries[i]);
        if (sites->keys[block] != key / kBlockSites) ++block;
        map_rows[order.row(entries[i])] = sites->position(block, static_cast<int>(key % kBlockSites));
      }
    });
  });
  return sites;
}

void write_coordinates(const Sites &sites, int32_t *out) {
  const int axes = sites.box.axes;
  const int64_t parts = parts_for(sites.blocks, kPartBlocks);
  const Team team(parts);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(sites.blocks, parts, part);
    SiteReader reader(sites.box);
    for (int64_t block = begin; block < end; ++block) {
      const Site &site = reader.read(sites.keys[block]);
      int64_t position = sites.bases[block];
      for (uint64_t rest = sites.masks[block]; rest != 0; rest &= rest - 1) {
        int32_t *const row = out + int64_t{sites.row(position++)} * axes;
        for (int axis = 0; axis < axes; ++axis) row[axis] = static_cast<int32_t>(site[axis]);
        row[axes - 1] = static_cast<int32_t>(site[axes - 1] + std::countr_zero(rest));
      }
    }
  });
}

void write_bounds(const Sites &sites, int32_t *low, int32_t *high) {
  const int axes = sites.box.axes, last = sites.box.last();
  std::fill(low, low + axes, 0);
  std::fill(high, high + axes, -1);
  if (sites.tight) {
    for (int axis = 0; axis < axes; ++axis) {
      low[axis] = static_cast<int32_t>(sites.box.low[axis]);
      high[axis] = static_cast<int32_t>(sites.box.low[axis] + sites.box.extent[axis] - 1);
    }
    return;
  }
  SiteReader reader(sites.box);
  for (int64_t block = 0; block < sites.blocks; ++block) {
    const Site &first = reader.read(sites.keys[block]);
    const uint64_t mask = sites.masks[block];
    for (int axis = 0; axis < axes; ++axis) {
      const int64_t least = first[axis] + (axis == last ? std::countr_zero(mask) : 0);
      const int64_t most = first[axis] + (axis == last ? std::bit_width(mask) - 1 : 0);
      low[axis] = static_cast<int32_t>(block == 0 ? least : std::min<int64_t>(low[axis], least));
      high[axis] = static_cast<int32_t>(block == 0 ? most : std::max<int64_t>(high[axis], most));
    }
  }
}

void find_rows(const Sites &sites, const int32_t *coordinates, int64_t rows, int64_t *out) {
  const Box &box = sites.box;
  const int64_t parts = parts_for(rows, kPartRows);
  const Team team(parts);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    int64_t block = 0;  // what is asked for next is often near
    for (int64_t i = begin; i < end; ++i) {
      const int32_t *const site = coordinates + i * box.axes;
      out[i] = -1;
      bool inside = sites.rows > 0;
      for (int axis = 0; axis < box.axes; ++axis) inside = inside && box.holds(axis, site[axis]);
      if (!inside) continue;
      const uint64_t key = site_key(box, site);
      if (block == sites.blocks || sites.keys[block] > key / kBlockSites) block = 0;
      block = sites.seek(block, key / kBlockSites);
      if (block == sites.blocks || sites.keys[block] != key / kBlockSites) continue;
      const int bit = static_cast<int>(key % kBlockSites);
      if ((sites.masks[block] >> bit & 1) != 0) {
        out[i] = sites.row(sites.bases[block] + bits_below(sites.masks[block], bit));
      }
    }
  });
}

}  // namespace spc
