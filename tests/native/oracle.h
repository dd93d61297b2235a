// What the library should compute, by brute force and from the law alone: no production code behind it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace oracle {

using Coordinate = std::vector<int32_t>;  // batch, d0, d1, ...
using Cloud = std::vector<Coordinate>;

struct Geometry {
  std::vector<int32_t> size, stride, dilation, padding;
  std::vector<int32_t> listed{};  // [taps, dimensions], or empty: the whole box

  int dimensions() const { return static_cast<int>(size.size()); }
  int64_t taps() const;
  std::vector<int64_t> tap(int64_t index) const;
};

// [tap] -> (coarse row, fine row), ascending.
using Pairs = std::vector<std::vector<std::pair<int64_t, int64_t>>>;

Pairs pairs(const Cloud &coarse, const Cloud &fine, const Geometry &geometry);

// As sets, in lexicographic order.
Cloud dilated(const Cloud &fine, const Geometry &geometry, const std::vector<int32_t> &bounds);
Cloud downsampled(const Cloud &fine, const Geometry &geometry, const std::vector<int32_t> &bounds);
Cloud refined(const Cloud &coarse, const Geometry &geometry, const std::vector<int32_t> &bounds);

// Row-major matrices. weight is [taps * in / groups, out]; from and to are the sides that are read and written.
using Matrix = std::vector<double>;
struct Run {
  const Pairs &pairs;
  bool reversed;  // coarse to fine
  int64_t from_rows, to_rows, in, out;
  int64_t groups = 1;
};
Matrix forward(const Run &run, const Matrix &input, const Matrix &weight, const Matrix &bias);
Matrix backward_input(const Run &run, const Matrix &grad_output, const Matrix &weight);
Matrix backward_weight(const Run &run, const Matrix &input, const Matrix &grad_output);
Matrix backward_bias(const Run &run, const Matrix &grad_output);

// Distinct coordinates in random order, in a box of `extent` from `low` on each axis.
Cloud random_cloud(std::mt19937 &random, int dimensions, int64_t count, int32_t low, int32_t extent, int32_t batches);
Matrix random_matrix(std::mt19937 &random, int64_t count);

}  // namespace oracle
