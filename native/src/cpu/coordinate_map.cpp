#include "cpu/coordinate_map.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "cpu/block_list.h"
#include "cpu/radix_sort.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kPartRows = 16384;
constexpr int64_t kPartBlocks = 4096;
constexpr int64_t kMostRows = std::numeric_limits<int32_t>::max();

int64_t parts_for(int64_t count, int64_t size) {
  return std::max<int64_t>(1, (count + size - 1) / size);
}

void check_rows(const int32_t *coordinates, int64_t rows, int dimensions) {
  check_dimensions(dimensions);
  if (rows < 0) fail_argument("rows is " + std::to_string(rows) + ", must be 0 or more");
  if (rows > kMostRows) fail_unsupported("rows is " + std::to_string(rows) + ", a map holds at most 2147483647");
  if (rows > 0 && coordinates == nullptr) fail_argument("coordinates is NULL");
}

std::string format(const int32_t *site, int axes) {
  std::string text = "(";
  for (int axis = 0; axis < axes; ++axis) text += (axis == 0 ? "" : ", ") + std::to_string(site[axis]);
  return text + ")";
}

std::shared_ptr<Sites> make_empty(int axes) {
  auto sites = std::make_shared<Sites>();
  sites->box = Box::make(axes, Site{}, Site{});
  return sites;
}

Box bounding_box(const Team &team, const int32_t *coordinates, int64_t rows, int axes) {
  struct Span {
    Site low, high;
  };
  const int64_t parts = parts_for(rows, kPartRows);
  std::vector<Span> spans(static_cast<std::size_t>(parts));
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    const int32_t *site = coordinates + begin * axes;
    std::array<int32_t, kMaxAxes> low{}, high{};
    std::copy(site, site + axes, low.begin());
    high = low;
    for (int64_t i = begin; i < end; ++i, site += axes) {
      for (int axis = 0; axis < axes; ++axis) {
        low[axis] = std::min(low[axis], site[axis]);
        high[axis] = std::max(high[axis], site[axis]);
      }
    }
    std::copy(low.begin(), low.end(), spans[part].low.begin());
    std::copy(high.begin(), high.end(), spans[part].high.begin());
  });
  Span all = spans[0];
  for (const Span &span : spans) {
    for (int axis = 0; axis < axes; ++axis) {
      all.low[axis] = std::min(all.low[axis], span.low[axis]);
      all.high[axis] = std::max(all.high[axis], span.high[axis]);
    }
  }
  return Box::make(axes, all.low, all.high);
}

// Key of a site: its block's key and, in the last 6 bits, its place in the block.
uint64_t site_key(const Box &box, const int32_t *site) {
  uint64_t key = 0;
  for (int axis = 0; axis < box.last(); ++axis) {
    key += box.weights[axis] * static_cast<uint64_t>(site[axis] - box.low[axis]);
  }
  return key * kBlockSites + static_cast<uint64_t>(site[box.last()] - box.low[box.last()]);
}

struct Order {
  Box box;
  Array<Item> items;  // (site key, row), by key and then by row
};

Order sort_rows(const Team &team, const int32_t *coordinates, int64_t rows, int axes) {
  Order order{bounding_box(team, coordinates, rows, axes), make_array<Item>(rows)};
  const int64_t parts = parts_for(rows, kPartRows);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    for (int64_t i = begin; i < end; ++i) {
      order.items[i] = {site_key(order.box, coordinates + i * axes), static_cast<uint64_t>(i)};
    }
  });
  radix_sort(team, order.items, rows, std::bit_width(order.box.blocks() * kBlockSites - 1));
  return order;
}

void join_sites(const Team &team, const Order &order, int64_t rows, Sites &sites) {
  sites.box = order.box;
  const Item *const items = order.items.get();
  const auto block = [&](int64_t i) { return items[i].key / kBlockSites; };
  const int64_t parts = parts_for(rows, kPartRows);
  const auto begin_of = [&](int64_t part) {
    int64_t i = part == parts ? rows : part_of(rows, parts, part).begin;
    while (i > 0 && i < rows && block(i) == block(i - 1)) ++i;
    return i;
  };
  std::vector<BlockList> lists(static_cast<std::size_t>(parts));
  parallel_for(team, parts, [&](int64_t part, int) {
    const int64_t end = begin_of(part + 1);
    for (int64_t i = begin_of(part); i < end;) {
      const uint64_t key = block(i);
      uint64_t mask = 0;
      for (; i < end && block(i) == key; ++i) mask |= uint64_t{1} << (items[i].key % kBlockSites);
      lists[part].add(key, mask);
    }
  });
  join_blocks(team, lists, sites);
}

}  // namespace

SitesPointer make_sites(const int32_t *coordinates, int64_t rows, int dimensions) {
  check_rows(coordinates, rows, dimensions);
  const int axes = 1 + dimensions;
  if (rows == 0) return make_empty(axes);
  const int64_t parts = parts_for(rows, kPartRows);
  const Team team(parts);
  const Order order = sort_rows(team, coordinates, rows, axes);
  const Item *const items = order.items.get();

  auto sites = std::make_shared<Sites>();
  const std::shared_ptr<int32_t[]> row_of = std::make_shared_for_overwrite<int32_t[]>(static_cast<std::size_t>(rows));
  std::vector<int64_t> duplicate(static_cast<std::size_t>(parts), 0);  // position of a part's first, or 0
  std::vector<char> moved(static_cast<std::size_t>(parts), 0);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    for (int64_t i = begin; i < end; ++i) {
      if (i > 0 && items[i].key == items[i - 1].key && duplicate[part] == 0) duplicate[part] = i;
      row_of[i] = static_cast<int32_t>(items[i].value);
      if (items[i].value != static_cast<uint64_t>(i)) moved[part] = 1;
    }
  });
  for (const int64_t i : duplicate) {
    if (i == 0) continue;
    const auto first = static_cast<int64_t>(items[i - 1].value), second = static_cast<int64_t>(items[i].value);
    fail_argument("coordinate " + format(coordinates + first * axes, axes) + " stands twice, in rows " +
                  std::to_string(first) + " and " + std::to_string(second));
  }
  if (std::find(moved.begin(), moved.end(), 1) != moved.end()) sites->row_of = row_of;
  join_sites(team, order, rows, *sites);
  return sites;
}

SitesPointer make_merged_sites(const int32_t *coordinates, int64_t rows, int dimensions, int64_t *map_rows) {
  check_rows(coordinates, rows, dimensions);
  if (rows > 0 && map_rows == nullptr) fail_argument("map_rows is NULL");
  const int axes = 1 + dimensions;
  if (rows == 0) return make_empty(axes);
  const int64_t parts = parts_for(rows, kPartRows);
  const Team team(parts);
  const Order order = sort_rows(team, coordinates, rows, axes);
  const Item *const items = order.items.get();
  auto sites = std::make_shared<Sites>();
  join_sites(team, order, rows, *sites);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(rows, parts, part);
    if (begin == end) return;
    int64_t block = sites->seek(0, items[begin].key / kBlockSites);
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t key = items[i].key;
      if (sites->keys[block] != key / kBlockSites) ++block;
      map_rows[items[i].value] = sites->bases[block] + bits_below(sites->masks[block], static_cast<int>(key % 64));
    }
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
