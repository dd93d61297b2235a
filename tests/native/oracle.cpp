#include "oracle.h"

#include <algorithm>
#include <set>

namespace oracle {
namespace {

int64_t floor_of(int64_t a, int64_t b) {
  int64_t q = a / b;
  if (q * b > a) --q;
  return q;
}

bool inside(const Coordinate &site, const std::vector<int32_t> &bounds) {
  for (std::size_t axis = 0; axis < bounds.size(); ++axis) {
    if (site[axis + 1] < 0 || site[axis + 1] >= bounds[axis]) return false;
  }
  return true;
}

}  // namespace

int64_t Geometry::taps() const {
  if (!listed.empty()) return static_cast<int64_t>(listed.size() / size.size());
  int64_t product = 1;
  for (const int32_t extent : size) product *= extent;
  return product;
}

std::vector<int64_t> Geometry::tap(int64_t index) const {
  std::vector<int64_t> result(size.size());
  if (!listed.empty()) {
    for (std::size_t axis = 0; axis < size.size(); ++axis) {
      result[axis] = listed[static_cast<std::size_t>(index) * size.size() + axis];
    }
    return result;
  }
  for (std::size_t axis = size.size(); axis-- > 0; index /= size[axis]) result[axis] = index % size[axis];
  return result;
}

Pairs pairs(const Cloud &coarse, const Cloud &fine, const Geometry &geometry) {
  std::map<Coordinate, int64_t> rows;
  for (std::size_t i = 0; i < fine.size(); ++i) rows[fine[i]] = static_cast<int64_t>(i);
  Pairs result(static_cast<std::size_t>(geometry.taps()));
  for (int64_t t = 0; t < geometry.taps(); ++t) {
    const std::vector<int64_t> tap = geometry.tap(t);
    for (std::size_t c = 0; c < coarse.size(); ++c) {
      Coordinate site = coarse[c];
      bool representable = true;
      for (std::size_t axis = 0; axis < tap.size(); ++axis) {
        const int64_t f = int64_t{geometry.stride[axis]} * coarse[c][axis + 1] + geometry.dilation[axis] * tap[axis] -
                          geometry.padding[axis];
        site[axis + 1] = static_cast<int32_t>(f);
        representable = representable && site[axis + 1] == f;
      }
      const auto found = representable ? rows.find(site) : rows.end();
      if (found != rows.end()) result[t].emplace_back(static_cast<int64_t>(c), found->second);
    }
  }
  return result;
}

Cloud dilated(const Cloud &fine, const Geometry &geometry, const std::vector<int32_t> &bounds) {
  std::set<Coordinate> sites;
  for (const Coordinate &f : fine) {
    for (int64_t t = 0; t < geometry.taps(); ++t) {
      const std::vector<int64_t> tap = geometry.tap(t);
      Coordinate c = f;
      bool whole = true;
      for (std::size_t axis = 0; axis < tap.size(); ++axis) {
        const int64_t scaled = f[axis + 1] + int64_t{geometry.padding[axis]} - geometry.dilation[axis] * tap[axis];
        whole = whole && scaled % geometry.stride[axis] == 0;
        c[axis + 1] = static_cast<int32_t>(scaled / geometry.stride[axis]);
      }
      if (whole && inside(c, bounds)) sites.insert(c);
    }
  }
  return {sites.begin(), sites.end()};
}

Cloud downsampled(const Cloud &fine, const Geometry &geometry, const std::vector<int32_t> &bounds) {
  std::set<Coordinate> sites;
  for (Coordinate c : fine) {
    for (std::size_t axis = 1; axis < c.size(); ++axis) {
      c[axis] = static_cast<int32_t>(floor_of(c[axis], geometry.stride[axis - 1]));
    }
    if (inside(c, bounds)) sites.insert(c);
  }
  return {sites.begin(), sites.end()};
}

Cloud refined(const Cloud &coarse, const Geometry &geometry, const std::vector<int32_t> &bounds) {
  std::set<Coordinate> sites;
  for (const Coordinate &c : coarse) {
    for (int64_t t = 0; t < geometry.taps(); ++t) {
      const std::vector<int64_t> tap = geometry.tap(t);
      Coordinate f = c;
      for (std::size_t axis = 0; axis < tap.size(); ++axis) {
        f[axis + 1] = static_cast<int32_t>(int64_t{geometry.stride[axis]} * c[axis + 1] +
                                           geometry.dilation[axis] * tap[axis] - geometry.padding[axis]);
      }
      if (inside(f, bounds)) sites.insert(f);
    }
  }
  return {sites.begin(), sites.end()};
}

namespace {

// visit(tap, row that is read, row that is written)
template <class Visit>
void each_pair(const Run &run, const Visit &visit) {
  for (std::size_t t = 0; t < run.pairs.size(); ++t) {
    for (const auto &[coarse, fine] : run.pairs[t]) {
      visit(static_cast<int64_t>(t), run.reversed ? coarse : fine, run.reversed ? fine : coarse);
    }
  }
}

// visit(input channel, output channel, index of their weight): where both are of one group.
template <class Visit>
void each_weight(const Run &run, int64_t tap, const Visit &visit) {
  const int64_t in_group = run.in / run.groups, out_group = run.out / run.groups;
  for (int64_t i = 0; i < run.in; ++i) {
    const int64_t group = i / in_group;
    for (int64_t o = group * out_group; o < (group + 1) * out_group; ++o) {
      visit(i, o, (tap * in_group + i % in_group) * run.out + o);
    }
  }
}

}  // namespace

Matrix forward(const Run &run, const Matrix &input, const Matrix &weight, const Matrix &bias) {
  Matrix output(static_cast<std::size_t>(run.to_rows * run.out), 0.0);
  each_pair(run, [&](int64_t t, int64_t from, int64_t to) {
    each_weight(run, t, [&](int64_t i, int64_t o, int64_t w) {
      output[to * run.out + o] += input[from * run.in + i] * weight[w];
    });
  });
  if (!bias.empty()) {
    for (std::size_t i = 0; i < output.size(); ++i) output[i] += bias[i % static_cast<std::size_t>(run.out)];
  }
  return output;
}

Matrix backward_input(const Run &run, const Matrix &grad_output, const Matrix &weight) {
  Matrix grad(static_cast<std::size_t>(run.from_rows * run.in), 0.0);
  each_pair(run, [&](int64_t t, int64_t from, int64_t to) {
    each_weight(run, t, [&](int64_t i, int64_t o, int64_t w) {
      grad[from * run.in + i] += grad_output[to * run.out + o] * weight[w];
    });
  });
  return grad;
}

Matrix backward_weight(const Run &run, const Matrix &input, const Matrix &grad_output) {
  Matrix grad(run.pairs.size() * static_cast<std::size_t>(run.in / run.groups * run.out), 0.0);
  each_pair(run, [&](int64_t t, int64_t from, int64_t to) {
    each_weight(run, t, [&](int64_t i, int64_t o, int64_t w) {
      grad[w] += input[from * run.in + i] * grad_output[to * run.out + o];
    });
  });
  return grad;
}

Matrix backward_bias(const Run &run, const Matrix &grad_output) {
  Matrix grad(static_cast<std::size_t>(run.out), 0.0);
  for (std::size_t i = 0; i < grad_output.size(); ++i) grad[i % static_cast<std::size_t>(run.out)] += grad_output[i];
  return grad;
}

Cloud random_cloud(std::mt19937 &random, int dimensions, int64_t count, int32_t low, int32_t extent, int32_t batches) {
  std::uniform_int_distribution<int32_t> place(low, low + extent - 1), batch(0, batches - 1);
  std::set<Coordinate> sites;
  int64_t most = batches;
  for (int axis = 0; axis < dimensions; ++axis) most *= extent;
  while (static_cast<int64_t>(sites.size()) < std::min(count, most)) {
    Coordinate site{batch(random)};
    for (int axis = 0; axis < dimensions; ++axis) site.push_back(place(random));
    sites.insert(site);
  }
  Cloud cloud(sites.begin(), sites.end());
  std::shuffle(cloud.begin(), cloud.end(), random);
  return cloud;
}

Matrix random_matrix(std::mt19937 &random, int64_t count) {
  std::normal_distribution<double> normal;
  Matrix matrix(static_cast<std::size_t>(count));
  // Rounded, so that float and double see the same numbers.
  for (double &value : matrix) value = static_cast<float>(normal(random));
  return matrix;
}

}  // namespace oracle
