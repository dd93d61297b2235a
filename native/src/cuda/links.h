// Links on a GPU, as in cpu/links.h. The given arrays may be on the device or on the host.
#pragma once

#include "cuda/coordinate_map.h"

namespace spc::cuda {

// The links of one side. Those of item i are entries starts[i] to starts[i + 1] of the other items and the weights.
struct LinkSide {
  int64_t items;
  const int64_t *starts;
  const int32_t *others;
  const double *weights;  // or null: all 1
};

class Links : public Holder {
 public:
  Links(const Queue &queue, const Sites &sites, const double *points, const int32_t *batch, int64_t count, int32_t kind,
        int32_t missing, double anchor);
  Links(const Queue &queue, const int64_t *row_of_point, int64_t count, int64_t rows);
  ~Links() { finish(); }

  int64_t points() const { return points_; }
  int64_t rows() const { return rows_; }
  int64_t count() const { return count_; }
  int64_t bytes() const;

  LinkSide by_point() const;
  LinkSide by_row() const;  // the points of a row ascend

 private:
  Buffer<int32_t> make_by_point(const Queue &queue, int64_t count, bool weighted);
  void sort_by_row(const Queue &queue, const Buffer<int32_t> &point_of_link);

  int64_t points_ = 0, rows_ = 0, count_ = 0;
  Buffer<int64_t> point_starts_, row_starts_;
  Buffer<int32_t> rows_of_link_, points_of_link_;  // by point, by row
  Buffer<double> weights_by_point_, weights_by_row_;
};

void read_links(const Queue &queue, const Links &links, int64_t *starts, int64_t *rows, double *weights);

}  // namespace spc::cuda
