// Rulebooks and generated sites against the law, both ways: every pair listed obeys it, and every pair that obeys it is
// listed once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "handles.h"
#include "oracle.h"

namespace {

using oracle::Cloud;
using oracle::Geometry;

Geometry cube(int dimensions, int32_t size, int32_t stride, int32_t dilation, int32_t padding) {
  const auto n = static_cast<std::size_t>(dimensions);
  return {std::vector<int32_t>(n, size), std::vector<int32_t>(n, stride), std::vector<int32_t>(n, dilation),
          std::vector<int32_t>(n, padding)};
}

struct Case {
  std::string name;
  Geometry geometry;
  int64_t voxels;
  int32_t low, extent, batches;
};

std::vector<Case> cases() {
  std::vector<Case> all;
  const auto add = [&](const std::string &name, const Geometry &geometry, int64_t voxels, int32_t low, int32_t extent,
                       int32_t batches) {
    all.push_back({name, geometry, voxels, low, extent, batches});
  };
  for (int dimensions = 1; dimensions <= 4; ++dimensions) {
    const std::string suffix = "_" + std::to_string(dimensions) + "d";
    const int32_t extent = dimensions == 1 ? 300 : dimensions == 2 ? 40 : dimensions == 3 ? 12 : 6;
    add("submanifold_3" + suffix, cube(dimensions, 3, 1, 1, 1), 200, -extent / 2, extent, 2);
    add("submanifold_3_dilated" + suffix, cube(dimensions, 3, 1, 2, 2), 200, -extent / 2, extent, 2);
    add("even_2_stride_1" + suffix, cube(dimensions, 2, 1, 1, 0), 150, -7, extent, 1);
    add("kernel_is_stride" + suffix, cube(dimensions, 2, 2, 1, 0), 200, -extent / 2, extent, 2);
    add("kernel_3_stride_2" + suffix, cube(dimensions, 3, 2, 1, 1), 200, -extent / 2, extent, 2);
    add("stride_without_coverage" + suffix, cube(dimensions, 2, 3, 1, 0), 200, -extent / 2, extent, 2);
    add("dilated_stride" + suffix, cube(dimensions, 3, 2, 3, 2), 150, -9, extent, 1);
    add("one_tap" + suffix, cube(dimensions, 1, 1, 1, 0), 60, 5, extent, 3);
    add("one_voxel" + suffix, cube(dimensions, 3, 2, 1, 1), 1, -3, 1, 1);
    add("empty" + suffix, cube(dimensions, 3, 2, 1, 1), 0, 0, 1, 1);
    add("padding_beyond_the_kernel" + suffix, cube(dimensions, 3, 1, 1, 5), 100, -4, extent, 1);
    add("negative_padding" + suffix, cube(dimensions, 2, 2, 1, -1), 100, -4, extent, 1);
  }
  add("submanifold_5_3d", cube(3, 5, 1, 1, 2), 300, -4, 9, 2);
  add("kernel_4_stride_3_3d", cube(3, 4, 3, 1, 1), 300, -8, 17, 2);
  add("boxy_3d", {{1, 3, 2}, {2, 1, 3}, {1, 2, 1}, {0, 2, 1}}, 300, -6, 13, 2);
  add("kernel_is_stride_by_axis_3d", {{1, 2, 3}, {1, 2, 3}, {1, 1, 1}, {0, 0, 1}}, 300, -8, 16, 2);
  add("along_the_last_axis_3d", {{1, 1, 5}, {1, 1, 1}, {1, 1, 1}, {0, 0, 2}}, 200, -5, 11, 1);
  add("long_lines_2d", {{3, 7}, {1, 1}, {1, 40}, {1, 120}}, 900, -200, 400, 1);
  add("long_strided_lines_2d", {{3, 5}, {2, 3}, {1, 50}, {1, 99}}, 900, -200, 400, 1);
  add("wide_2d", cube(2, 3, 1, 1, 1), 150, -20000, 40000, 2);
  add("wide_strided_2d", cube(2, 3, 3, 1, 0), 300, -20000, 40000, 2);
  add("wide_stride_3d", cube(3, 2, 100, 60, 7), 300, -500, 1000, 2);
  const auto list = [](Geometry geometry, const std::vector<int32_t> &taps) {
    geometry.listed = taps;
    return geometry;
  };
  add("cross_2d", list(cube(2, 3, 1, 1, 1), {0, 1, 1, 0, 1, 1, 1, 2, 2, 1}), 300, -10, 20, 2);
  add("cross_strided_2d", list(cube(2, 3, 2, 1, 1), {0, 1, 1, 0, 1, 1, 1, 2, 2, 1}), 300, -10, 20, 2);
  add("mirrored_in_any_order_2d", list(cube(2, 1, 1, 2, 0), {3, 0, -1, 2, 0, 0, 1, -2, -3, 0}), 300, -10, 20, 2);
  add("symmetric_but_unordered_1d", list(cube(1, 1, 1, 1, 0), {-1, 1, 0}), 150, -100, 200, 2);
  add("even_and_symmetric_1d", list(cube(1, 1, 1, 1, 0), {-1, 1}), 150, -100, 200, 2);
  add("one_sided_3d", list(cube(3, 1, 1, 1, 0), {0, 0, 0, -1, 0, 0, -2, 0, 0}), 300, -5, 10, 2);
  add("descending_columns_2d", list(cube(2, 1, 1, 1, 0), {0, 90, 0, 3, 0, -90, 1, 0, 0, 0}), 900, -100, 200, 1);
  add("descending_strided_columns_2d", list(cube(2, 1, 3, 1, 1), {0, 700, 0, 3, 0, -90, 1, 0, 0, 0}), 900, -300, 600,
      1);
  add("without_the_centre_4d", list(cube(4, 1, 1, 1, 0), {0, 0, 0, 1, 0, -1, 0, 0, 1, 1, 1, 1}), 300, -3, 6, 2);
  add("dense_3d", cube(3, 3, 1, 1, 1), 512, -4, 8, 1);
  return all;
}

class Law : public testing::TestWithParam<Case> {};

void expect_law(const test::Map &coarse, const test::Map &fine, const Geometry &geometry) {
  const test::Rulebook rulebook = test::make_rulebook(coarse, fine, geometry);
  const oracle::Pairs expected = oracle::pairs(test::coordinates(coarse), test::coordinates(fine), geometry);
  const oracle::Pairs found = test::pairs(rulebook);
  ASSERT_EQ(found.size(), expected.size());
  int64_t sum = 0;
  for (std::size_t t = 0; t < expected.size(); ++t) {
    EXPECT_EQ(found[t], expected[t]) << "tap " << t;
    sum += static_cast<int64_t>(expected[t].size());
  }
  EXPECT_EQ(spc_rulebook_pairs(rulebook.get()), sum);
  EXPECT_EQ(spc_rulebook_taps(rulebook.get()), geometry.taps());
}

Cloud cloud_of(const Case &test_case, uint32_t seed) {
  std::mt19937 random(seed);
  return oracle::random_cloud(random, test_case.geometry.dimensions(), test_case.voxels, test_case.low,
                              test_case.extent, test_case.batches);
}

TEST_P(Law, Holds_within_one_map) {
  const test::Map map = test::make_map(cloud_of(GetParam(), 1), GetParam().geometry.dimensions());
  expect_law(map, map, GetParam().geometry);
}

TEST_P(Law, Holds_between_any_two_maps) {
  const test::Map coarse = test::make_map(cloud_of(GetParam(), 2), GetParam().geometry.dimensions());
  const test::Map fine = test::make_map(cloud_of(GetParam(), 3), GetParam().geometry.dimensions());
  expect_law(coarse, fine, GetParam().geometry);
}

TEST_P(Law, Holds_for_generated_sites) {
  const test::Map map = test::make_map(cloud_of(GetParam(), 4), GetParam().geometry.dimensions());
  expect_law(test::coarsen(map, GetParam().geometry, SPC_DILATE, {}), map, GetParam().geometry);
  expect_law(map, test::refine(map, GetParam().geometry, {}), GetParam().geometry);
}

TEST_P(Law, Says_which_sites_are_generated) {
  const Geometry &geometry = GetParam().geometry;
  const Cloud cloud = cloud_of(GetParam(), 5);
  const test::Map map = test::make_map(cloud, geometry.dimensions());
  const std::vector<int32_t> shape(geometry.size.size(), GetParam().extent / 2);
  for (const std::vector<int32_t> &bounds : {std::vector<int32_t>{}, shape}) {
    EXPECT_EQ(test::coordinates(test::coarsen(map, geometry, SPC_DILATE, bounds)),
              oracle::dilated(cloud, geometry, bounds));
    EXPECT_EQ(test::coordinates(test::coarsen(map, geometry, SPC_DOWNSAMPLE, bounds)),
              oracle::downsampled(cloud, geometry, bounds));
    EXPECT_EQ(test::coordinates(test::refine(map, geometry, bounds)), oracle::refined(cloud, geometry, bounds));
  }
}

test::Bounds bounds_of(const Cloud &cloud, int dimensions) {
  const auto axes = static_cast<std::size_t>(dimensions) + 1;
  if (cloud.empty()) return {std::vector<int32_t>(axes, 0), std::vector<int32_t>(axes, -1)};
  test::Bounds result{cloud[0], cloud[0]};
  for (const oracle::Coordinate &site : cloud) {
    for (std::size_t axis = 0; axis < axes; ++axis) {
      result.low[axis] = std::min(result.low[axis], site[axis]);
      result.high[axis] = std::max(result.high[axis], site[axis]);
    }
  }
  return result;
}

TEST_P(Law, Bounds_of_a_map_are_those_of_its_sites) {
  const Cloud cloud = cloud_of(GetParam(), 6);
  const Geometry &geometry = GetParam().geometry;
  const int dimensions = geometry.dimensions();
  const test::Map map = test::make_map(cloud, dimensions);
  const std::vector<int32_t> shape(geometry.size.size(), GetParam().extent / 2);
  EXPECT_EQ(test::bounds(map), bounds_of(cloud, dimensions));
  for (const std::vector<int32_t> &bounds : {std::vector<int32_t>{}, shape}) {
    EXPECT_EQ(test::bounds(test::coarsen(map, geometry, SPC_DILATE, bounds)),
              bounds_of(oracle::dilated(cloud, geometry, bounds), dimensions));
    EXPECT_EQ(test::bounds(test::refine(map, geometry, bounds)),
              bounds_of(oracle::refined(cloud, geometry, bounds), dimensions));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Law, testing::ValuesIn(cases()), [](const auto &info) { return info.param.name; });

TEST(Map, Keeps_the_order_of_the_rows_given) {
  std::mt19937 random(7);
  const Cloud cloud = oracle::random_cloud(random, 3, 5000, -20, 40, 2);
  EXPECT_EQ(test::coordinates(test::make_map(cloud, 3)), cloud);
}

TEST(Map, Finds_every_coordinate_and_nothing_else) {
  std::mt19937 random(8);
  const Cloud cloud = oracle::random_cloud(random, 3, 3000, -10, 20, 2);
  const test::Map map = test::make_map(cloud, 3);
  std::map<oracle::Coordinate, int64_t> rows;
  for (std::size_t i = 0; i < cloud.size(); ++i) rows[cloud[i]] = static_cast<int64_t>(i);
  Cloud asked = oracle::random_cloud(random, 3, 9000, -12, 24, 4);
  asked.push_back({0, INT32_MIN, INT32_MAX, 0});
  std::vector<int64_t> found(asked.size());
  test::ok(
      spc_map_find(map.get(), test::flat(asked).data(), static_cast<int64_t>(asked.size()), nullptr, found.data()));
  int64_t hits = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto row = rows.find(asked[i]);
    EXPECT_EQ(found[i], row == rows.end() ? -1 : row->second);
    hits += row == rows.end() ? 0 : 1;
  }
  EXPECT_GT(hits, 100);
  EXPECT_LT(hits, 8900);
}

TEST(Map, Merges_duplicates_in_lexicographic_order) {
  std::mt19937 random(9);
  std::uniform_int_distribution<int32_t> place(-3, 3);
  Cloud points;
  for (int i = 0; i < 4000; ++i) points.push_back({place(random) > 0, place(random), place(random), place(random)});
  std::vector<int64_t> map_rows(points.size(), -1);
  spc_map *made = nullptr;
  test::ok(spc_map_create_merged(test::flat(points).data(), static_cast<int64_t>(points.size()), 3, -1, nullptr,
                                 map_rows.data(), &made));
  const test::Map map(made);
  const Cloud cloud = test::coordinates(map);
  EXPECT_TRUE(std::is_sorted(cloud.begin(), cloud.end()));
  EXPECT_EQ(std::adjacent_find(cloud.begin(), cloud.end()), cloud.end());
  ASSERT_LT(cloud.size(), points.size());
  for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(cloud.at(static_cast<std::size_t>(map_rows[i])), points[i]);
}

TEST(Map, Rows_of_generated_maps_do_not_depend_on_the_order_given) {
  std::mt19937 random(10);
  Cloud cloud = oracle::random_cloud(random, 3, 2000, -10, 20, 2);
  const Geometry geometry = cube(3, 3, 2, 1, 1);
  const Cloud first = test::coordinates(test::coarsen(test::make_map(cloud, 3), geometry, SPC_DILATE, {}));
  std::shuffle(cloud.begin(), cloud.end(), random);
  EXPECT_EQ(test::coordinates(test::coarsen(test::make_map(cloud, 3), geometry, SPC_DILATE, {})), first);
}

// Rings around a sensor, in the order of its sweep: far rings leave most lines with a voxel or two, as real scans do.
Cloud swept_cloud() {
  std::set<oracle::Coordinate> seen;
  Cloud cloud;
  for (int ring = 0; ring < 48; ++ring) {
    for (int step = 0; step < 1800; ++step) {
      const double angle = step * 3.14159265358979 / 900, range = 40 + ring * ring * 0.5 + 3 * std::sin(9 * angle);
      const oracle::Coordinate site{0, static_cast<int32_t>(std::floor(range * std::cos(angle))),
                                    static_cast<int32_t>(std::floor(range * std::sin(angle))),
                                    static_cast<int32_t>(std::floor(ring * 0.7 + 2 * std::cos(5 * angle)))};
      if (seen.insert(site).second) cloud.push_back(site);
    }
  }
  return cloud;
}

std::vector<Cloud> large_clouds() {
  std::mt19937 random(11);
  return {oracle::random_cloud(random, 3, 20000, -30000, 60000, 1), oracle::random_cloud(random, 3, 60000, 0, 64, 1),
          swept_cloud()};
}

TEST(Map, Stays_within_its_bytes_a_voxel) {
  for (const Cloud &cloud : large_clouds()) {
    const test::Map map = test::make_map(cloud, 3);
    // A GPU's map has the coordinates and at most 4 slots a voxel.
    const int64_t most = spc_map_device(map.get()) < 0 ? 24 : 16 + 4 * 12;
    EXPECT_LE(spc_map_bytes(map.get()), most * static_cast<int64_t>(cloud.size()) + 1024);
  }
}

TEST(RulebookOf, Outlives_its_maps) {
  std::mt19937 random(12);
  const Cloud cloud = oracle::random_cloud(random, 3, 500, -5, 10, 1);
  const Geometry geometry = cube(3, 3, 1, 1, 1);
  test::Map map = test::make_map(cloud, 3);
  const test::Rulebook rulebook = test::make_rulebook(map, map, geometry);
  map.reset();
  EXPECT_EQ(test::pairs(rulebook), oracle::pairs(cloud, cloud, geometry));
}

TEST(RulebookOf, Stays_within_its_bytes_a_pair) {
  for (const Cloud &cloud : large_clouds()) {
    const test::Map map = test::make_map(cloud, 3);
    const auto expect_small = [](const test::Rulebook &rulebook, int64_t rows_written) {
      const int64_t pairs = spc_rulebook_pairs(rulebook.get()), taps = spc_rulebook_taps(rulebook.get());
      // A GPU's rulebook has the rows read by each tap, too, where few of them have one.
      const int64_t most =
          spc_rulebook_device(rulebook.get()) < 0 ? 10 * pairs : 8 * pairs + 4 * (taps + 2) * rows_written;
      EXPECT_LE(spc_rulebook_bytes(rulebook.get()), most + 1024);
    };
    const int64_t rows = spc_map_rows(map.get());
    expect_small(test::make_rulebook(map, map, cube(3, 3, 1, 1, 1)), rows);
    expect_small(test::make_rulebook(map, map, cube(3, 5, 1, 1, 2)), rows);
    for (const Geometry &geometry : {cube(3, 2, 2, 1, 0), cube(3, 3, 2, 1, 1)}) {
      const test::Map coarse = test::coarsen(map, geometry, SPC_DILATE, {});
      expect_small(test::make_rulebook(coarse, map, geometry), rows + spc_map_rows(coarse.get()));
    }
  }
}

}  // namespace
