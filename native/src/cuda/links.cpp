#include "cuda/links.h"

#include <algorithm>
#include <bit>

#include "cuda/layout.cuh"
#include "cuda/radix_sort.h"
#include "cuda/scan.h"
#include "link_checks.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kMostLinks = std::numeric_limits<int32_t>::max();

const Kernel &kernel_of(const Queue &queue, const char *name) {
  return queue.device().kernel("links", "", name);
}

// Runs count_them(counts, state), and turns the counts of the points into `starts` [points + 1].
template <class Count>
LinkState count_by_point(const Queue &queue, int64_t points, Buffer<int64_t> &starts, const Count &count_them) {
  starts = Buffer<int64_t>(queue, points + 1);
  const Buffer<LinkState> state(queue, 1);
  queue.fill(&state.data()->bad, 0xff, sizeof(uint64_t));
  queue.fill(starts.data() + points, 0, sizeof(int64_t));
  count_them(starts.data(), state.data());
  exclusive_scan(queue, starts.data(), points + 1, &state.data()->count);
  return queue.read(state.data());
}

}  // namespace

Links::Links(const Queue &queue, const Sites &sites, const double *points, const int32_t *batch, int64_t count,
             int32_t kind, int32_t missing, double anchor)
    : Holder(queue), points_(count), rows_(sites.rows) {
  check_point_links(points, count, kind, missing, anchor);
  const int dimensions = sites.dimensions();
  const Input<double> places(queue, points, count * dimensions);
  const Input<int32_t> batches(queue, batch, count);
  PointSearch search{};
  search.table = sites.table();
  search.points = places.data();
  search.batch = batches.data();
  search.count = count;
  search.dimensions = dimensions;
  search.linear = kind == SPC_LINEAR ? 1 : 0;
  search.whole = missing == SPC_MISSING_RENORMALIZE ? 1 : 0;
  search.anchor = anchor;
  const LinkState found = count_by_point(queue, count, point_starts_, [&](int64_t *counts, LinkState *state) {
    launch(queue, kernel_of(queue, "count_links"), cover(count, kThreads), kThreads, 0, search, counts, state);
  });
  if (found.bad != kFreeSlot) {
    const auto place = static_cast<int64_t>(found.bad);
    fail_not_finite(place, dimensions, queue.read(places.data() + place));
  }
  const Buffer<int32_t> point_of_link = make_by_point(queue, found.count, kind == SPC_LINEAR);
  launch(queue, kernel_of(queue, "fill_links"), cover(count, kThreads), kThreads, 0, search,
         static_cast<const int64_t *>(point_starts_.data()), rows_of_link_.data(), point_of_link.data(),
         weights_by_point_.data());
  sort_by_row(queue, point_of_link);
}

Links::Links(const Queue &queue, const int64_t *row_of_point, int64_t count, int64_t rows)
    : Holder(queue), points_(count), rows_(rows) {
  check_row_links(row_of_point, count, rows);
  const Input<int64_t> given(queue, row_of_point, count);
  const LinkState found = count_by_point(queue, count, point_starts_, [&](int64_t *counts, LinkState *state) {
    launch(queue, kernel_of(queue, "count_rows"), cover(count, kThreads), kThreads, 0, given.data(), count, rows,
           counts, state);
  });
  if (found.bad != kFreeSlot) {
    const auto point = static_cast<int64_t>(found.bad);
    fail_no_row(point, queue.read(given.data() + point), rows);
  }
  const Buffer<int32_t> point_of_link = make_by_point(queue, found.count, false);
  launch(queue, kernel_of(queue, "fill_rows"), cover(count, kThreads), kThreads, 0, given.data(), count,
         static_cast<const int64_t *>(point_starts_.data()), rows_of_link_.data(), point_of_link.data());
  sort_by_row(queue, point_of_link);
}

// Makes room for the links by point, and returns that for the point of each, which is not kept.
Buffer<int32_t> Links::make_by_point(const Queue &queue, int64_t count, bool weighted) {
  if (count > kMostLinks) {
    fail_unsupported("the points have " + std::to_string(count) + " links, at most 2147483647 are possible");
  }
  count_ = count;
  rows_of_link_ = Buffer<int32_t>(queue, count);
  if (weighted) weights_by_point_ = Buffer<double>(queue, count);
  return Buffer<int32_t>(queue, count);
}

void Links::sort_by_row(const Queue &queue, const Buffer<int32_t> &point_of_link) {
  Buffer<uint32_t> keys(queue, count_);
  queue.copy(keys.data(), rows_of_link_.data(), keys.bytes());
  Buffer<int32_t> places;
  radix_sort(queue, keys, std::bit_width(static_cast<uint64_t>(std::max<int64_t>(rows_ - 1, 0))), &places);
  row_starts_ = Buffer<int64_t>(queue, rows_ + 1);
  launch(queue, kernel_of(queue, "find_starts"), cover(rows_ + 1, kThreads), kThreads, 0,
         static_cast<const uint32_t *>(keys.data()), count_, rows_, row_starts_.data());
  points_of_link_ = Buffer<int32_t>(queue, count_);
  if (weights_by_point_) weights_by_row_ = Buffer<double>(queue, count_);
  launch(queue, kernel_of(queue, "gather_links"), cover(count_, kThreads), kThreads, 0,
         static_cast<const int32_t *>(places.data()), count_, static_cast<const int32_t *>(point_of_link.data()),
         static_cast<const double *>(weights_by_point_.data()), points_of_link_.data(), weights_by_row_.data());
}

int64_t Links::bytes() const {
  return static_cast<int64_t>(sizeof(Links)) + point_starts_.bytes() + row_starts_.bytes() + rows_of_link_.bytes() +
         points_of_link_.bytes() + weights_by_point_.bytes() + weights_by_row_.bytes();
}

LinkSide Links::by_point() const {
  return {points_, point_starts_.data(), rows_of_link_.data(), weights_by_point_.data()};
}

LinkSide Links::by_row() const {
  return {rows_, row_starts_.data(), points_of_link_.data(), weights_by_row_.data()};
}

void read_links(const Queue &queue, const Links &links, int64_t *starts, int64_t *rows, double *weights) {
  const LinkSide side = links.by_point();
  const Output<int64_t> starts_out(queue, starts, side.items + 1), rows_out(queue, rows, links.count());
  const Output<double> weights_out(queue, weights, links.count());
  queue.copy(starts_out.data(), side.starts, (side.items + 1) * static_cast<int64_t>(sizeof(int64_t)));
  launch(queue, kernel_of(queue, "write_links"), cover(links.count(), kThreads), kThreads, 0, side.others, side.weights,
         links.count(), rows_out.data(), weights_out.data());
  starts_out.finish();
  rows_out.finish();
  weights_out.finish();
}

}  // namespace spc::cuda
