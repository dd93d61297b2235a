// Which rows of a level each point is tied to, and how strongly: interpolation reads along them, splatting writes along
// them. Kept by point and, once asked for, by row, so that either way a sum has one writer and one order.
#pragma once

#include <cstdint>
#include <mutex>

#include "array.h"
#include "cpu/coordinate_map.h"

namespace spc {

// The links of one side: those of item i are [starts[i], starts[i + 1]).
struct LinkSide {
  int64_t items;
  const int64_t *starts;  // [items + 1]
  const int32_t *others;  // [links], what is on the other side
  const double *weights;  // [links], or null where all are 1
};

class Links {
 public:
  // The voxels around each point, in units of the level: float64 [points, dimensions]. batch [points], or null for 0; a
  // negative one ties a point to nothing. anchor: where in its voxel, from 0 to 1 on every axis, a voxel's value
  // stands.
  Links(const Sites &sites, const double *points, const int32_t *batch, int64_t count, int32_t kind, int32_t missing,
        double anchor);

  // One row a point, or -1, with weight 1.
  Links(const int64_t *row_of_point, int64_t count, int64_t rows);

  Links(const Links &) = delete;
  Links &operator=(const Links &) = delete;

  int64_t points() const { return points_; }
  int64_t rows() const { return rows_; }
  int64_t count() const { return starts_[points_]; }
  int64_t bytes() const;  // of both sides, whether the second is there yet or not

  LinkSide by_point() const { return {points_, starts_.get(), row_.get(), weight_.get()}; }
  LinkSide by_row() const;  // points ascend within a row

 private:
  void sort_by_row() const;

  int64_t points_;
  int64_t rows_;
  Array<int64_t> starts_;
  Array<int32_t> row_;
  Array<double> weight_;
  mutable std::once_flag sorted_;
  mutable Array<int64_t> row_starts_;
  mutable Array<int32_t> row_points_;
  mutable Array<double> row_weights_;
};

// By point: starts [points + 1], rows and weights [count].
void read_links(const Links &links, int64_t *starts, int64_t *rows, double *weights);

}  // namespace spc
