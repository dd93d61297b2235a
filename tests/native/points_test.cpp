// Links, interpolation and splatting against brute force over all voxels.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "handles.h"
#include "oracle.h"

namespace {

using oracle::Matrix;

struct Destroy {
  void operator()(spc_links *links) const { spc_links_destroy(links); }
};
using Links = std::unique_ptr<spc_links, Destroy>;

struct Rule {
  int32_t kind, missing;
  double anchor;
};

const std::vector<Rule> kRules = {{SPC_NEAREST, SPC_MISSING_ZERO, 0.5},
                                  {SPC_LINEAR, SPC_MISSING_ZERO, 0.5},
                                  {SPC_LINEAR, SPC_MISSING_RENORMALIZE, 0.5},
                                  {SPC_LINEAR, SPC_MISSING_RENORMALIZE, 0}};

struct Scene {
  int dimensions;
  oracle::Cloud cloud;
  test::Map map;
  std::vector<double> points;
  std::vector<int32_t> batch;

  int64_t count() const { return static_cast<int64_t>(batch.size()); }
};

// Points inside of voxels, between them, on their corners and centres, far away, and of no batch.
Scene make_scene(int dimensions, int64_t voxels, int64_t points, unsigned seed) {
  std::mt19937 random(seed);
  const int32_t extent = dimensions == 1 ? 90 : dimensions == 2 ? 12 : 5;
  Scene scene{dimensions, oracle::random_cloud(random, dimensions, voxels, -3, extent, 2), nullptr, {}, {}};
  scene.map = test::make_map(scene.cloud, dimensions);
  std::uniform_real_distribution<double> place(-5, extent - 1);
  for (int64_t i = 0; i < points; ++i) {
    scene.batch.push_back(static_cast<int32_t>(random() % 4) - 1);
    for (int axis = 0; axis < dimensions; ++axis) {
      const double value = place(random);
      scene.points.push_back(i % 5 == 0 ? std::floor(value) : i % 5 == 1 ? std::floor(value) + 0.5 : value);
    }
  }
  if (points > 0) scene.points[0] = 1e300;
  return scene;
}

Links link(const Scene &scene, const Rule &rule) {
  spc_links *links = nullptr;
  test::ok(spc_links_create(scene.map.get(), scene.points.data(), scene.batch.data(), scene.count(), rule.kind,
                            rule.missing, rule.anchor, nullptr, &links));
  return Links(links);
}

using Weights = std::vector<std::map<int64_t, double>>;  // by point: row to weight

// From every voxel's place: a hat of width 1 around where its value stands.
Weights expected(const Scene &scene, const Rule &rule) {
  Weights result(scene.batch.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    double sum = 0;
    for (std::size_t row = 0; row < scene.cloud.size(); ++row) {
      if (scene.cloud[row][0] != scene.batch[i]) continue;
      double weight = 1;
      for (int axis = 0; axis < scene.dimensions; ++axis) {
        const double point = scene.points[i * scene.dimensions + axis], site = scene.cloud[row][axis + 1];
        weight *= rule.kind == SPC_NEAREST ? (point >= site && point < site + 1)
                                           : std::max(0.0, 1 - std::abs(point - (site + rule.anchor)));
      }
      if (weight == 0) continue;
      result[i][static_cast<int64_t>(row)] = weight;
      sum += weight;
    }
    if (rule.missing == SPC_MISSING_RENORMALIZE) {
      for (auto &[row, weight] : result[i]) weight /= sum;
    }
  }
  return result;
}

struct Read {
  std::vector<int64_t> starts, rows;
  std::vector<double> weights;

  bool operator==(const Read &) const = default;
};

Read read(const Links &links) {
  Read result;
  result.starts.resize(spc_links_points(links.get()) + 1);
  result.rows.resize(spc_links_count(links.get()));
  result.weights.resize(result.rows.size());
  test::ok(spc_links_read(links.get(), nullptr, result.starts.data(), result.rows.data(), result.weights.data()));
  return result;
}

TEST(Points, Links_are_the_hats_that_reach_them) {
  for (int dimensions = 1; dimensions <= 4; ++dimensions) {
    for (const Rule &rule : kRules) {
      const Scene scene = make_scene(dimensions, 80, 300, 5);
      const Links links = link(scene, rule);
      const Weights truth = expected(scene, rule);
      const Read found = read(links);
      EXPECT_EQ(spc_links_rows(links.get()), 80);
      for (std::size_t i = 0; i < truth.size(); ++i) {
        ASSERT_EQ(found.starts[i + 1] - found.starts[i], std::ssize(truth[i])) << "point " << i;
        for (int64_t link = found.starts[i]; link < found.starts[i + 1]; ++link) {
          const auto at = truth[i].find(found.rows[link]);
          ASSERT_NE(at, truth[i].end());
          EXPECT_NEAR(found.weights[link], at->second, 1e-12);
        }
      }
    }
  }
}

struct Results {
  Matrix interpolated, gradient;
  std::array<Matrix, 3> splats, splat_gradients;
  std::vector<int32_t> saved;

  bool operator==(const Results &) const = default;
};

template <class T>
Results run(const Links &links, int64_t channels, const Matrix &rows_given, const Matrix &points_given) {
  const int64_t rows = spc_links_rows(links.get()), points = spc_links_points(links.get());
  std::vector<T> by_row(rows_given.begin(), rows_given.end()), by_point(points_given.begin(), points_given.end());
  const T nan = std::numeric_limits<T>::quiet_NaN();
  std::vector<T> to_row(rows * channels, nan), to_point(points * channels, nan);
  const spc_matrix r = test::view(by_row, rows, channels), p = test::view(by_point, points, channels);
  const spc_matrix out_r = test::view(to_row, rows, channels), out_p = test::view(to_point, points, channels);
  const auto wide = [](const std::vector<T> &values) { return Matrix(values.begin(), values.end()); };
  Results result;
  test::ok(spc_interpolation_forward(links.get(), &r, nullptr, &out_p));
  result.interpolated = wide(to_point);
  test::ok(spc_interpolation_backward(links.get(), &p, nullptr, &out_r));
  result.gradient = wide(to_row);
  result.saved.resize(rows * channels, -7);
  for (int32_t kind = 0; kind < 3; ++kind) {
    std::fill(to_row.begin(), to_row.end(), nan);
    std::fill(to_point.begin(), to_point.end(), nan);
    test::ok(spc_splat_forward(links.get(), kind, &p, nullptr, result.saved.data(), &out_r));
    test::ok(spc_splat_backward(links.get(), kind, &r, result.saved.data(), nullptr, &out_p));
    result.splats[kind] = wide(to_row);
    result.splat_gradients[kind] = wide(to_point);
  }
  return result;
}

Results expected(const Weights &weights, int64_t rows, int64_t channels, const Matrix &by_row, const Matrix &by_point) {
  const auto points = std::ssize(weights);
  Results result;
  result.interpolated = result.splat_gradients[0] = Matrix(points * channels);
  result.splat_gradients[1] = result.splat_gradients[2] = result.interpolated;
  result.gradient = result.splats[1] = result.splats[2] = Matrix(rows * channels);
  result.saved.assign(rows * channels, -1);
  std::vector<double> total(rows);
  for (int64_t i = 0; i < points; ++i) {
    for (const auto &[row, weight] : weights[i]) total[row] += weight;
  }
  for (int64_t i = 0; i < points; ++i) {
    for (const auto &[row, weight] : weights[i]) {
      for (int64_t n = 0; n < channels; ++n) {
        const int64_t at = row * channels + n, to = i * channels + n;
        result.interpolated[to] += weight * by_row[at];
        result.gradient[at] += weight * by_point[to];
        result.splats[1][at] += weight * by_point[to] / total[row];
        result.splat_gradients[1][to] += weight * by_row[at] / total[row];
        const int32_t best = result.saved[at];
        if (best < 0 || by_point[to] > by_point[best * channels + n]) result.saved[at] = static_cast<int32_t>(i);
      }
    }
  }
  for (int64_t at = 0; at < rows * channels; ++at) {
    if (result.saved[at] < 0) continue;
    const int64_t to = result.saved[at] * channels + at % channels;
    result.splats[2][at] = by_point[to];
    result.splat_gradients[2][to] += by_row[at];
  }
  result.splats[0] = result.gradient;
  result.splat_gradients[0] = result.interpolated;
  return result;
}

void expect_near(const Matrix &actual, const Matrix &truth, double tolerance) {
  ASSERT_EQ(actual.size(), truth.size());
  for (std::size_t i = 0; i < truth.size(); ++i) ASSERT_NEAR(actual[i], truth[i], tolerance) << i;
}

TEST(Points, Values_and_gradients_are_those_of_the_weights) {
  for (const int64_t channels : {1, 7, 130}) {
    for (const Rule &rule : kRules) {
      const Scene scene = make_scene(3, 80, 300, 6);
      const Links links = link(scene, rule);
      std::mt19937 random(7);
      Matrix by_row = oracle::random_matrix(random, 80 * channels);
      Matrix by_point = oracle::random_matrix(random, 300 * channels);
      for (double &value : by_point) value = static_cast<float>(value);  // equal values in both formats
      for (double &value : by_row) value = static_cast<float>(value);
      const Results truth = expected(expected(scene, rule), 80, channels, by_row, by_point);
      for (const bool wide : {true, false}) {
        const Results actual =
            wide ? run<double>(links, channels, by_row, by_point) : run<float>(links, channels, by_row, by_point);
        const double tolerance = wide ? 1e-12 : 2e-5;
        expect_near(actual.interpolated, truth.interpolated, tolerance);
        expect_near(actual.gradient, truth.gradient, tolerance);
        EXPECT_EQ(actual.saved, truth.saved);
        for (int kind = 0; kind < 3; ++kind) {
          expect_near(actual.splats[kind], truth.splats[kind], tolerance);
          expect_near(actual.splat_gradients[kind], truth.splat_gradients[kind], tolerance);
        }
      }
    }
  }
}

TEST(Points, Threads_change_no_bit) {
  std::mt19937 random(8);
  Scene scene{3, oracle::random_cloud(random, 3, 20000, 0, 40, 2), nullptr, {}, {}};
  scene.map = test::make_map(scene.cloud, 3);
  std::uniform_real_distribution<double> place(-1, 41);
  for (int i = 0; i < 30000; ++i) {
    scene.batch.push_back(static_cast<int32_t>(random() % 2));
    for (int axis = 0; axis < 3; ++axis) scene.points.push_back(place(random));
  }
  const Matrix by_row = oracle::random_matrix(random, 20000 * 5), by_point = oracle::random_matrix(random, 30000 * 5);
  const int32_t before = spc_threads();
  std::vector<std::pair<Read, Results>> all;
  for (const int32_t threads : {1, 2, 5}) {
    test::ok(spc_set_threads(threads));
    const Links links = link(scene, kRules[2]);
    all.emplace_back(read(links), run<float>(links, 5, by_row, by_point));
  }
  test::ok(spc_set_threads(before));
  EXPECT_TRUE(all[1] == all[0]);
  EXPECT_TRUE(all[2] == all[0]);
}

TEST(Points, Links_by_rows_have_weight_one) {
  const std::vector<int64_t> row_of = {2, -1, 0, 2, 2};
  spc_links *made = nullptr;
  test::ok(spc_links_create_from_rows(row_of.data(), 5, 4, -1, nullptr, &made));
  const Links links(made);
  EXPECT_EQ(read(links), (Read{{0, 1, 1, 2, 3, 4}, {2, 0, 2, 2}, {1, 1, 1, 1}}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Results results = run<double>(links, 1, {1, 2, 3, 4}, {10, 20, nan, 40, 60});
  EXPECT_EQ(results.interpolated, (Matrix{3, 0, 1, 3, 3}));
  EXPECT_TRUE(std::isnan(results.splats[2][0]));
  EXPECT_EQ(results.splats[1][2], 110.0 / 3);
  EXPECT_EQ(results.splats[0][3], 0);
  EXPECT_EQ(results.saved, (std::vector<int32_t>{2, -1, 4, -1}));
}

TEST(Points, Nothing_is_no_trouble) {
  const Scene empty = make_scene(3, 0, 5, 9), none = make_scene(3, 5, 0, 9);
  for (const Rule &rule : kRules) {
    const Links to_nothing = link(empty, rule), of_nothing = link(none, rule);
    EXPECT_EQ(spc_links_count(to_nothing.get()), 0);
    EXPECT_EQ(run<double>(to_nothing, 2, {}, Matrix(10, 1)).interpolated, Matrix(10));
    EXPECT_EQ(run<double>(of_nothing, 2, Matrix(10, 1), {}).gradient, Matrix(10));
  }
}

TEST(Points, Bad_arguments_are_named) {
  const Scene scene = make_scene(2, 5, 3, 10);
  spc_links *links = nullptr;
  const auto refuse = [&](spc_status status, const std::string &part) {
    EXPECT_EQ(status, SPC_INVALID_ARGUMENT);
    EXPECT_NE(std::string(spc_last_error()).find(part), std::string::npos) << spc_last_error();
    EXPECT_EQ(links, nullptr);
  };
  const auto make = [&](const double *points, int64_t count, int32_t kind, int32_t missing, double anchor) {
    return spc_links_create(scene.map.get(), points, nullptr, count, kind, missing, anchor, nullptr, &links);
  };
  const double bad[4] = {0, 0, 1, std::numeric_limits<double>::quiet_NaN()};
  refuse(make(bad, 2, SPC_LINEAR, SPC_MISSING_ZERO, 0.5), "point 1 has nan on axis 1, must be finite");
  refuse(make(bad, 1, 7, SPC_MISSING_ZERO, 0.5), "kind is 7");
  refuse(make(bad, 1, SPC_LINEAR, 7, 0.5), "missing is 7");
  refuse(make(bad, 1, SPC_LINEAR, SPC_MISSING_ZERO, 1.5), "anchor is 1.5");
  refuse(make(bad, -1, SPC_LINEAR, SPC_MISSING_ZERO, 0.5), "points is -1");
  refuse(make(nullptr, 1, SPC_LINEAR, SPC_MISSING_ZERO, 0.5), "points is NULL");
  const int64_t row = 5;
  refuse(spc_links_create_from_rows(&row, 1, 5, -1, nullptr, &links), "row_of_point[0] is 5, must be -1 to 4");
  refuse(spc_links_create_from_rows(nullptr, 1, 5, -1, nullptr, &links), "row_of_point is NULL");
  const Links good = link(scene, kRules[1]);
  Matrix values(10, 3);
  const spc_matrix rows = test::view(values, 5, 2), points = test::view(values, 3, 2), wrong = test::view(values, 4, 2);
  refuse(spc_interpolation_forward(good.get(), &wrong, nullptr, &points), "input.rows is 4, must be 5");
  refuse(spc_interpolation_backward(good.get(), &wrong, nullptr, &rows), "grad_output.rows is 4, must be 3");
  refuse(spc_splat_forward(good.get(), 9, &points, nullptr, nullptr, &rows), "kind is 9");
  refuse(spc_splat_backward(good.get(), SPC_SPLAT_MAX, &rows, nullptr, nullptr, &points), "saved is NULL");
  EXPECT_EQ(values, Matrix(10, 3));
}

TEST(Points, Links_are_counted_among_the_living) {
  const int64_t before = spc_live_objects();
  {
    const Scene scene = make_scene(1, 4, 4, 11);
    const Links links = link(scene, kRules[1]);
    EXPECT_EQ(spc_live_objects(), before + 2);
    EXPECT_GT(spc_links_bytes(links.get()), 0);
  }
  EXPECT_EQ(spc_live_objects(), before);
  spc_links_destroy(nullptr);
}

}  // namespace
