#include "cpu/coordinate_map.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

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

// Joins sorted items into blocks. block(item) and mask(item) say where an item's bits go.
template <class Block, class Mask>
void join_blocks(const Team &team, const Item *items, int64_t count, const Block &block, const Mask &mask,
                 Sites &sites) {
  struct Start {
    int64_t blocks, rows;
  };
  const int64_t parts = parts_for(count, kPartRows);
  const auto begin_of = [&](int64_t part) {
    int64_t i = part == parts ? count : part_of(count, parts, part).begin;
    while (i > 0 && i < count && block(items[i]) == block(items[i - 1])) ++i;
    return i;
  };
  const auto walk = [&](int64_t part, const auto &visit) {
    const int64_t end = begin_of(part + 1);
    for (int64_t i = begin_of(part); i < end;) {
      const uint64_t key = block(items[i]);
      uint64_t bits = 0;
      for (; i < end && block(items[i]) == key; ++i) bits |= mask(items[i]);
      visit(key, bits);
    }
  };
  std::vector<Start> starts(static_cast<std::size_t>(parts) + 1, Start{0, 0});
  parallel_for(team, parts, [&](int64_t part, int) {
    Start here{0, 0};
    walk(part, [&](uint64_t, uint64_t bits) { ++here.blocks, here.rows += std::popcount(bits); });
    starts[part + 1] = here;
  });
  for (int64_t part = 0; part < parts; ++part) {
    starts[part + 1].blocks += starts[part].blocks;
    starts[part + 1].rows += starts[part].rows;
  }
  sites.blocks = starts[parts].blocks;
  sites.rows = starts[parts].rows;
  if (sites.rows > kMostRows) {
    fail_unsupported("the map would have " + std::to_string(sites.rows) + " rows, at most 2147483647 are possible");
  }
  sites.keys = make_array<uint64_t>(sites.blocks);
  sites.masks = make_array<uint64_t>(sites.blocks);
  sites.bases = make_array<int32_t>(sites.blocks);
  parallel_for(team, parts, [&](int64_t part, int) {
    auto [index, row] = starts[part];
    walk(part, [&](uint64_t key, uint64_t bits) {
      sites.keys[index] = key;
      sites.masks[index] = bits;
      sites.bases[index++] = static_cast<int32_t>(row);
      row += std::popcount(bits);
    });
  });
}

void join_sites(const Team &team, const Order &order, int64_t rows, Sites &sites) {
  sites.box = order.box;
  join_blocks(
      team, order.items.get(), rows, [](const Item &item) { return item.key / kBlockSites; },
      [](const Item &item) { return uint64_t{1} << (item.key % kBlockSites); }, sites);
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

namespace {

// Where sites may be made.
struct Limits {
  bool bounded;
  Site low{}, high{};

  Limits(int axes, const int32_t *bounds) : bounded(bounds != nullptr) {
    for (int axis = 0; axis < axes; ++axis) {
      const bool open = axis == 0 || !bounded;  // a batch index is never bounded
      low[axis] = open ? std::numeric_limits<int32_t>::min() : 0;
      high[axis] = open ? std::numeric_limits<int32_t>::max() : int64_t{bounds[axis - 1]} - 1;
    }
  }

  // Whether a site with this value is wanted; throws where no int32 can hold it and no bounds say to leave it out.
  bool admit(int axis, int64_t value) const {
    if (value >= low[axis] && value <= high[axis]) return true;
    if (bounded) return false;
    fail_argument("a site at " + std::to_string(value) + " on axis " + std::to_string(axis - 1) +
                  " would be made, outside of int32; give bounds or move the coordinates");
  }
};

// The box of all that may be reached. Not always tight: that a value is reached is only known per site.
bool reached_box(const Sites &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits,
                 Reading reading, Box &out) {
  Site low = from.box.low, high{};
  high[0] = low[0] + from.box.extent[0] - 1;
  for (int axis = 1; axis < from.box.axes; ++axis) {
    int64_t least = offsets[0][axis - 1].quotient, most = least;
    for (const auto &offset : offsets) {
      least = std::min(least, offset[axis - 1].quotient);
      most = std::max(most, offset[axis - 1].quotient);
    }
    const int64_t stride = kernel.stride[axis - 1], last = from.box.low[axis] + from.box.extent[axis] - 1;
    low[axis] = std::max(split_value(reading, stride, from.box.low[axis]).quotient + least, limits.low[axis]);
    high[axis] = std::min(split_value(reading, stride, last).quotient + most, limits.high[axis]);
    if (low[axis] > high[axis]) {
      if (limits.bounded) return false;
      low[axis] = high[axis] = 0;  // no int32 can hold what may be reached: the walk over the sites says if any is
    }
  }
  out = Box::make(from.box.axes, low, high);
  return true;
}

// Gathers (block, mask) items for the sites that one block after the other reaches.
class Reach {
 public:
  Reach(const Sites &from, const Kernel &kernel, const SplitOffsets &offsets, const Limits &limits, Reading reading,
        const Box &to, std::vector<Item> &items)
      : from_(from),
        kernel_(kernel),
        offsets_(offsets),
        limits_(limits),
        reading_(reading),
        to_(to),
        items_(items),
        last_(kernel.last()),
        stride_(kernel.stride[kernel.last()]),
        reader_(from.box) {}

  void visit(int64_t block, const std::vector<Column> &columns) {
    site_ = reader_.read(from_.keys[block]);
    mask_ = from_.masks[block];
    for (int axis = 0; axis < last_; ++axis)
      values_[axis] = split_value(reading_, kernel_.stride[axis], site_[axis + 1]);
    bits_ = 0;
    for (uint64_t rest = mask_; rest != 0; rest &= rest - 1) {
      bit_values_[bits_++] = split_value(reading_, stride_, site_[last_ + 1] + std::countr_zero(rest));
    }
    first_ = items_.size();
    for (const Column &column : columns) run(column);
  }

 private:
  void run(const Column &column) {
    const auto &lead = offsets_[column.first];
    Site target{};
    target[0] = site_[0];
    bool inside = true;
    for (int axis = 0; axis < last_; ++axis) {
      if (values_[axis].rest != lead[axis].rest) return;
      target[axis + 1] = values_[axis].quotient + lead[axis].quotient;
      // A site outside of int32 is only an error when the last axis reaches it too.
      inside = inside && target[axis + 1] >= limits_.low[axis + 1] && target[axis + 1] <= limits_.high[axis + 1];
    }
    if (!inside && limits_.bounded) return;
    const uint64_t line = inside ? to_.line(target) : 0;
    for (int64_t t = column.first; t < column.first + column.count; ++t) {
      const Split &offset = offsets_[t][last_];
      if (inside && stride_ == 1 && shift(line, offset.quotient)) continue;
      for (int i = 0; i < bits_; ++i) {
        if (bit_values_[i].rest != offset.rest) continue;
        const int64_t value = bit_values_[i].quotient + offset.quotient;
        if (!limits_.admit(last_ + 1, value)) continue;
        for (int axis = 1; axis <= last_ && !inside; ++axis) limits_.admit(axis, target[axis]);
        const auto place = static_cast<uint64_t>(value - to_.low[last_ + 1]);
        add(line + place / kBlockSites, uint64_t{1} << (place % kBlockSites));
      }
    }
  }

  // The whole mask at once, where the stride is 1 and none of its 64 places leaves the box.
  bool shift(uint64_t line, int64_t offset) {
    const int64_t to = site_[last_ + 1] + offset;
    if (!to_.holds(last_ + 1, to) || !to_.holds(last_ + 1, to + kBlockSites - 1)) return false;
    const auto place = static_cast<uint64_t>(to - to_.low[last_ + 1]);
    const int bits = static_cast<int>(place % kBlockSites);
    add(line + place / kBlockSites, mask_ << bits);
    if (bits != 0) add(line + place / kBlockSites + 1, mask_ >> (kBlockSites - bits));
    return true;
  }

  // Joins with an item of the same block where there is one near; the others meet when the items are sorted.
  void add(uint64_t key, uint64_t mask) {
    if (mask == 0) return;
    const std::size_t from = std::max(first_, items_.size() - std::min<std::size_t>(items_.size(), 4));
    for (std::size_t i = items_.size(); i > from; --i) {
      if (items_[i - 1].key == key) {
        items_[i - 1].value |= mask;
        return;
      }
    }
    items_.push_back({key, mask});
  }

  const Sites &from_;
  const Kernel &kernel_;
  const SplitOffsets &offsets_;
  const Limits &limits_;
  Reading reading_;
  const Box &to_;
  std::vector<Item> &items_;
  int last_;  // spatial axis along the blocks
  int64_t stride_;
  SiteReader reader_;
  // Of the block at hand.
  Site site_{};
  uint64_t mask_ = 0;
  std::array<Split, SPC_MAX_DIMENSIONS> values_{};
  std::array<Split, kBlockSites> bit_values_;
  int bits_ = 0;
  std::size_t first_ = 0;
};

void check_bounds(const int32_t *bounds, int dimensions) {
  for (int axis = 0; bounds != nullptr && axis < dimensions; ++axis) {
    if (bounds[axis] >= 0) continue;
    fail_argument("bounds[" + std::to_string(axis) + "] is " + std::to_string(bounds[axis]) + ", must be 0 or more");
  }
}

SitesPointer reach(const Sites &from, const Kernel &kernel, const int32_t *bounds, Reading reading) {
  if (kernel.dimensions != from.dimensions()) {
    fail_argument("the geometry has " + std::to_string(kernel.dimensions) + " dimensions and the map " +
                  std::to_string(from.dimensions()));
  }
  check_bounds(bounds, kernel.dimensions);
  const int axes = from.box.axes;
  const Limits limits(axes, bounds);
  const SplitOffsets offsets = split_offsets(kernel, reading);
  auto sites = std::make_shared<Sites>();
  if (from.rows == 0 || !reached_box(from, kernel, offsets, limits, reading, sites->box)) return make_empty(axes);

  const std::vector<Column> columns = reading == Reading::kFloor ? std::vector<Column>{{0, 1}} : kernel.columns();
  const int64_t parts = parts_for(from.blocks, kPartBlocks);
  const Team team(parts);
  std::vector<std::vector<Item>> found(static_cast<std::size_t>(parts));
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(from.blocks, parts, part);
    std::vector<Item> items;  // of its own: the ends of neighbouring vectors would share a line of the cache
    Reach walk(from, kernel, offsets, limits, reading, sites->box, items);
    for (int64_t block = begin; block < end; ++block) walk.visit(block, columns);
    found[part] = std::move(items);
  });
  std::vector<int64_t> starts(static_cast<std::size_t>(parts) + 1, 0);
  for (int64_t part = 0; part < parts; ++part) starts[part + 1] = starts[part] + std::ssize(found[part]);
  const int64_t count = starts[parts];
  if (count == 0) return make_empty(axes);
  Array<Item> items = make_array<Item>(count);
  parallel_for(team, parts, [&](int64_t part, int) {
    std::copy(found[part].begin(), found[part].end(), items.get() + starts[part]);
    std::vector<Item>().swap(found[part]);
  });
  radix_sort(team, items, count, std::bit_width(sites->box.blocks() - 1));
  join_blocks(
      team, items.get(), count, [](const Item &item) { return item.key; }, [](const Item &item) { return item.value; },
      *sites);
  return sites;
}

}  // namespace

SitesPointer dilate(const Sites &fine, const Kernel &kernel, const int32_t *bounds) {
  return reach(fine, kernel, bounds, Reading::kFineToCoarse);
}

SitesPointer downsample(const Sites &fine, const Kernel &kernel, const int32_t *bounds) {
  return reach(fine, kernel, bounds, Reading::kFloor);
}

SitesPointer refine(const Sites &coarse, const Kernel &kernel, const int32_t *bounds) {
  return reach(coarse, kernel, bounds, Reading::kCoarseToFine);
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
