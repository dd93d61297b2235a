// The rows of a level that each point is linked to, and the weight of each link. Interpolation reads along links, and
// splatting writes along them. They are kept by point and, once they are needed, by row, so that a sum has one writer
// and one order in both directions.
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
  const int32_t *others;  // [links], the item on the other side
  const double *weights;  // [links], or null where all are 1
};

class Links {
 public:
  // Links each point to the voxels around it. points is float64 [points, dimensions] in units of the level. batch is
  // [points], or null for 0; a point with a negative one has no links. anchor, 0 to 1, says where in its voxel a value
  // stands on every axis.
  Links(const Sites &sites, const double *points, const int32_t *batch, int64_t count, int32_t kind, int32_t missing,
        double anchor);

  // Links each point to one row with weight 1, or to none for -1.
  Links(const int64_t *row_of_point, int64_t count, int64_t rows);

  Links(const Links &) = delete;
  Links &operator=(const Links &) = delete;

  int64_t points() const { return points_; }
  int64_t rows() const { return rows_; }
  int64_t count() const { return starts_[points_]; }
  int64_t bytes() const;  // of both sides, even before the second is made

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
