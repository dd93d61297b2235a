// Links between points and rows: a thread has a point, or one link. Products are never joined with sums, so that
// weights are those of the CPU to the bit.
#include "sites.cuh"

constexpr int kThreads = 256;

namespace {

// Calls visit(row, weight) for the links of a point: the corners around it in row-major order, last axis fastest.
template <class Visit>
SPC_DEVICE void each_link(const PointSearch &search, int64_t point, const Visit &visit) {
  const Lattice &lattice = search.table.lattice;
  const double *const place = search.points + point * search.dimensions;
  uint64_t batch_key = 0;
  if (!add_axis(lattice, 0, search.batch != nullptr ? search.batch[point] : 0, batch_key)) return;
  int64_t low[kLatticeAxes - 1];
  double upper[kLatticeAxes - 1];  // weights of the upper corners
  SPC_UNROLL
  for (int axis = 0; axis < kLatticeAxes - 1; ++axis) {
    if (axis >= search.dimensions) break;
    const double value = search.linear ? place[axis] - search.anchor : place[axis];
    const double corner = floor(value), first = static_cast<double>(lattice.low[axis + 1]);
    if (!(corner >= first - 1 && corner <= first + static_cast<double>(lattice.extent[axis + 1]))) return;
    low[axis] = static_cast<int64_t>(corner);
    upper[axis] = search.linear ? value - corner : 0;
  }
  const int corners = search.linear ? 1 << search.dimensions : 1;
  for (int corner = 0; corner < corners; ++corner) {
    uint64_t key = batch_key;
    double weight = 1;
    bool inside = true;
    SPC_UNROLL
    for (int axis = 0; axis < kLatticeAxes - 1; ++axis) {
      if (axis >= search.dimensions) break;
      const int side = corner >> (search.dimensions - 1 - axis) & 1;
      weight = __dmul_rn(weight, side != 0 ? upper[axis] : 1 - upper[axis]);
      inside = add_axis(lattice, axis + 1, low[axis] + side, key) && inside;
    }
    if (!inside || weight == 0) continue;
    const int32_t row = find_row(search.table, key);
    if (row >= 0) visit(row, weight);
  }
}

}  // namespace

// counts [points]
SPC_KERNEL(kThreads, count_links, PointSearch search, int64_t *counts, LinkState *state) {
  const int64_t point = global_thread();
  if (point >= search.count) return;
  for (int axis = 0; axis < search.dimensions; ++axis) {
    const int64_t place = point * search.dimensions + axis;
    const double value = search.points[place];
    if (!(value - value == 0)) atomicMin(&state->bad, static_cast<uint64_t>(place));
  }
  int64_t links = 0;
  each_link(search, point, [&](int32_t, double) { ++links; });
  counts[point] = links;
}

// weights may be null.
SPC_KERNEL(kThreads, fill_links, PointSearch search, const int64_t *starts, int32_t *rows, int32_t *points,
           double *weights) {
  const int64_t point = global_thread();
  if (point >= search.count) return;
  const int64_t start = starts[point];
  int64_t to = start;
  double sum = 0;
  each_link(search, point, [&](int32_t row, double weight) {
    rows[to] = row;
    points[to] = static_cast<int32_t>(point);
    if (weights != nullptr) weights[to] = weight;
    sum += weight;
    ++to;
  });
  if (weights == nullptr || !search.whole) return;
  for (int64_t link = start; link < to; ++link) weights[link] /= sum;
}

SPC_KERNEL(kThreads, count_rows, const int64_t *row_of_point, int64_t count, int64_t rows, int64_t *counts,
           LinkState *state) {
  const int64_t point = global_thread();
  if (point >= count) return;
  const int64_t row = row_of_point[point];
  if (row < -1 || row >= rows) atomicMin(&state->bad, static_cast<uint64_t>(point));
  counts[point] = row >= 0 ? 1 : 0;
}

SPC_KERNEL(kThreads, fill_rows, const int64_t *row_of_point, int64_t count, const int64_t *starts, int32_t *rows,
           int32_t *points) {
  const int64_t point = global_thread();
  if (point >= count || row_of_point[point] < 0) return;
  rows[starts[point]] = static_cast<int32_t>(row_of_point[point]);
  points[starts[point]] = static_cast<int32_t>(point);
}

// starts [rows + 1]: the first link that has the row or a later one.
SPC_KERNEL(kThreads, find_starts, const uint32_t *sorted, int64_t count, int64_t rows, int64_t *starts) {
  const int64_t row = global_thread();
  if (row > rows) return;
  int64_t low = 0, high = count;
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (static_cast<int64_t>(sorted[middle]) < row) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  starts[row] = low;
}

// Brings what links have from order by point to order by row. weights may be null.
SPC_KERNEL(kThreads, gather_links, const int32_t *places, int64_t count, const int32_t *points, const double *weights,
           int32_t *points_out, double *weights_out) {
  const int64_t i = global_thread();
  if (i >= count) return;
  points_out[i] = points[places[i]];
  if (weights != nullptr) weights_out[i] = weights[places[i]];
}

SPC_KERNEL(kThreads, write_links, const int32_t *rows, const double *weights, int64_t count, int64_t *rows_out,
           double *weights_out) {
  const int64_t i = global_thread();
  if (i >= count) return;
  rows_out[i] = rows[i];
  weights_out[i] = weights != nullptr ? weights[i] : 1;
}
