#include "cpu/links.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "cpu/radix_sort.h"
#include "link_checks.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kPartPoints = 4096;
constexpr int kMostLines = 1 << (SPC_MAX_DIMENSIONS - 1);

int64_t parts_for(int64_t count) {
  return std::max<int64_t>(1, (count + kPartPoints - 1) / kPartPoints);
}

struct Link {
  int32_t row;
  double weight;
};

// Finds the links of points, one after the other.
class Finder {
 public:
  Finder(const Sites &sites, int32_t kind, int32_t missing, double anchor)
      : sites_(sites),
        box_(sites.box),
        linear_(kind == SPC_LINEAR),
        whole_(missing == SPC_MISSING_RENORMALIZE),
        anchor_(anchor) {}

  // Appends the links of a point: the corners around it in row-major order, last axis fastest.
  void find(const double *point, int32_t batch, std::vector<Link> &links) {
    if (sites_.rows == 0 || !box_.holds(0, batch) || !surround(point)) return;
    const std::size_t first = links.size();
    const int axes = box_.last();
    Site site{};
    site[0] = batch;
    const int lines = linear_ ? 1 << (axes - 1) : 1;
    for (int line = 0; line < lines; ++line) {
      double weight = 1;
      bool inside = true;
      for (int axis = 0; axis + 1 < axes; ++axis) {
        const int side = line >> (axes - 2 - axis) & 1;
        site[axis + 1] = low_[axis] + side;
        weight *= weight_[axis][side];
        inside = inside && box_.holds(axis + 1, site[axis + 1]);
      }
      if (inside && weight != 0) along(box_.line(site), line, weight, links);
    }
    if (linear_ && whole_) renormalize(links, first);
  }

 private:
  // Computes the lowest corner and the weights of both sides of each axis; false where no corner can be in the box.
  bool surround(const double *point) {
    for (int axis = 0; axis < box_.last(); ++axis) {
      const double place = linear_ ? point[axis] - anchor_ : point[axis];
      const double low = std::floor(place);
      const double first = static_cast<double>(box_.low[axis + 1]);
      if (!(low >= first - 1 && low <= first + static_cast<double>(box_.extent[axis + 1]))) return false;
      low_[axis] = static_cast<int64_t>(low);
      weight_[axis][1] = linear_ ? place - low : 0;
      weight_[axis][0] = 1 - weight_[axis][1];
    }
    return true;
  }

  // Takes both sides along the last axis, which mostly are in one block.
  void along(uint64_t line_key, int line, double weight, std::vector<Link> &links) {
    const int last = box_.last();
    for (int side = 0; side < (linear_ ? 2 : 1); ++side) {
      const int64_t value = low_[last - 1] + side;
      const double product = weight * weight_[last - 1][side];
      if (product == 0 || !box_.holds(last, value)) continue;
      const auto place = static_cast<uint64_t>(value - box_.low[last]);
      const int64_t block = seek(cursors_[line], line_key + place / kBlockSites);
      if (block < 0) continue;
      const int bit = static_cast<int>(place % kBlockSites);
      if ((sites_.masks[block] >> bit & 1) == 0) continue;
      links.push_back({sites_.row(sites_.position(block, bit)), product});
    }
  }

  // The block of a key or -1. The next key is often near the last one.
  int64_t seek(int64_t &cursor, uint64_t key) const {
    const uint64_t *const keys = sites_.keys.get();
    if (cursor < sites_.blocks && keys[cursor] == key) return cursor;
    if (cursor < sites_.blocks && keys[cursor] < key) {
      cursor = sites_.seek(cursor, key);
    } else {
      cursor = std::lower_bound(keys, keys + std::min(cursor, sites_.blocks), key) - keys;
    }
    return cursor < sites_.blocks && keys[cursor] == key ? cursor : -1;
  }

  static void renormalize(std::vector<Link> &links, std::size_t first) {
    double sum = 0;
    for (std::size_t i = first; i < links.size(); ++i) sum += links[i].weight;
    for (std::size_t i = first; i < links.size(); ++i) links[i].weight /= sum;
  }

  const Sites &sites_;
  const Box &box_;
  bool linear_;
  bool whole_;
  double anchor_;
  std::array<int64_t, SPC_MAX_DIMENSIONS> low_{};
  std::array<std::array<double, 2>, SPC_MAX_DIMENSIONS> weight_{};
  std::array<int64_t, kMostLines> cursors_{};
};

void check_points(const Team &team, const double *points, int64_t count, int dimensions) {
  const int64_t parts = parts_for(count);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(count * dimensions, parts, part);
    for (int64_t i = begin; i < end; ++i) {
      if (!std::isfinite(points[i])) fail_not_finite(i, dimensions, points[i]);
    }
  });
}

}  // namespace

Links::Links(const Sites &sites, const double *points, const int32_t *batch, int64_t count, int32_t kind,
             int32_t missing, double anchor)
    : points_(count), rows_(sites.rows) {
  check_point_links(points, count, kind, missing, anchor);
  const int dimensions = sites.dimensions();
  const int64_t parts = parts_for(count);
  const Team team(parts);
  check_points(team, points, count, dimensions);
  starts_ = make_array<int64_t>(count + 1);
  std::vector<std::vector<Link>> found(static_cast<std::size_t>(parts));
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(count, parts, part);
    Finder finder(sites, kind, missing, anchor);
    found[part].reserve(static_cast<std::size_t>(end - begin) * (kind == SPC_LINEAR ? 4 : 1));
    for (int64_t i = begin; i < end; ++i) {
      starts_[i] = std::ssize(found[part]);
      finder.find(points + i * dimensions, batch != nullptr ? batch[i] : 0, found[part]);
    }
  });
  std::vector<int64_t> before(static_cast<std::size_t>(parts) + 1, 0);
  for (int64_t part = 0; part < parts; ++part) before[part + 1] = before[part] + std::ssize(found[part]);
  starts_[count] = before[parts];
  row_ = make_array<int32_t>(before[parts]);
  if (kind == SPC_LINEAR) weight_ = make_array<double>(before[parts]);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(count, parts, part);
    for (int64_t i = begin; i < end; ++i) starts_[i] += before[part];
    int64_t to = before[part];
    for (const Link &link : found[part]) {
      row_[to] = link.row;
      if (weight_) weight_[to] = link.weight;
      ++to;
    }
  });
}

Links::Links(const int64_t *row_of_point, int64_t count, int64_t rows) : points_(count), rows_(rows) {
  check_row_links(row_of_point, count, rows);
  starts_ = make_array<int64_t>(count + 1);
  int64_t links = 0;
  for (int64_t i = 0; i < count; ++i) {
    if (row_of_point[i] < -1 || row_of_point[i] >= rows) fail_no_row(i, row_of_point[i], rows);
    starts_[i] = links;
    links += row_of_point[i] >= 0 ? 1 : 0;
  }
  starts_[count] = links;
  row_ = make_array<int32_t>(links);
  for (int64_t i = 0; i < count; ++i) {
    if (row_of_point[i] >= 0) row_[starts_[i]] = static_cast<int32_t>(row_of_point[i]);
  }
}

int64_t Links::bytes() const {
  const int64_t link = 4 + (weight_ ? 8 : 0);
  return static_cast<int64_t>(sizeof(Links)) + (points_ + 1 + rows_ + 1) * 8 + 2 * count() * link;
}

LinkSide Links::by_row() const {
  std::call_once(sorted_, [&] { sort_by_row(); });
  return {rows_, row_starts_.get(), row_points_.get(), row_weights_.get()};
}

void Links::sort_by_row() const {
  const int64_t links = count(), parts = parts_for(points_);
  const Team team(parts);
  Array<int32_t> point_of = make_array<int32_t>(links);
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(points_, parts, part);
    for (int64_t i = begin; i < end; ++i) {
      std::fill(point_of.get() + starts_[i], point_of.get() + starts_[i + 1], static_cast<int32_t>(i));
    }
  });
  const Array<Item> items = radix_sort<Item>(
      team, links, std::bit_width(static_cast<uint64_t>(std::max<int64_t>(rows_ - 1, 1))),
      [&](int64_t link) {
        return Item{static_cast<uint64_t>(row_[link]), static_cast<uint64_t>(link)};
      },
      [](const Item &item) { return item.key; });
  Array<int64_t> starts = make_array<int64_t>(rows_ + 1);
  Array<int32_t> points = make_array<int32_t>(links);
  Array<double> weights = weight_ ? make_array<double>(links) : nullptr;
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(links, parts, part);
    for (int64_t i = begin; i < end; ++i) {
      const auto link = static_cast<int64_t>(items[i].value);
      points[i] = point_of[link];
      if (weights) weights[i] = weight_[link];
    }
  });
  int64_t i = 0;
  for (int64_t row = 0; row <= rows_; ++row) {
    while (i < links && items[i].key < static_cast<uint64_t>(row)) ++i;
    starts[row] = i;
  }
  row_starts_ = std::move(starts);
  row_points_ = std::move(points);
  row_weights_ = std::move(weights);
}

void read_links(const Links &links, int64_t *starts, int64_t *rows, double *weights) {
  const LinkSide side = links.by_point();
  std::copy_n(side.starts, side.items + 1, starts);
  std::copy_n(side.others, links.count(), rows);
  if (side.weights != nullptr) {
    std::copy_n(side.weights, links.count(), weights);
  } else {
    std::fill_n(weights, links.count(), 1.0);
  }
}

}  // namespace spc
