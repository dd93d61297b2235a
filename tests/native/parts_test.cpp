// Maps and rulebooks that are worked on in many parts, against the oracle, whatever the number of threads.
#include <gtest/gtest.h>

#include <algorithm>

#include "handles.h"
#include "oracle.h"

namespace {

using oracle::Cloud;
using oracle::Geometry;

struct Case {
  std::string name;
  Geometry geometry;
  int64_t voxels;
  int32_t extent, batches;
};

std::vector<Case> cases() {
  const auto cube = [](int dimensions, int32_t size, int32_t stride, int32_t padding) {
    const auto n = static_cast<std::size_t>(dimensions);
    return Geometry{std::vector<int32_t>(n, size), std::vector<int32_t>(n, stride), std::vector<int32_t>(n, 1),
                    std::vector<int32_t>(n, padding)};
  };
  Geometry listed = cube(3, 1, 2, 0);
  listed.listed = {0, 0, -70, 0, 0, 1, 0, 1, 0, 1, 0, 130, -1, -1, 0};
  return {
      {"submanifold_3", cube(3, 3, 1, 1), 12000, 60, 2},
      {"kernel_is_stride", cube(3, 2, 2, 0), 14000, 80, 2},
      {"kernel_3_stride_2", cube(3, 3, 2, 1), 12000, 60, 1},
      {"kernel_3_stride_3", cube(3, 3, 3, 1), 12000, 70, 1},
      {"dense", cube(3, 3, 2, 1), 24000, 30, 1},
      {"scattered", cube(3, 3, 2, 1), 10000, 900, 1},
      {"slabs_beyond_a_table", cube(3, 3, 2, 1), 9000, 40000, 1},
      {"slabs_beyond_a_table_stride_1", cube(3, 3, 1, 1), 9000, 40000, 1},
      {"in_a_plane", cube(2, 3, 2, 1), 20000, 500, 1},
      {"in_a_wide_plane", cube(2, 2, 2, 0), 12000, 12000, 2},
      {"on_a_line", cube(1, 3, 2, 1), 20000, 800000, 2},
      {"in_space_and_time", cube(4, 2, 2, 0), 12000, 16, 2},
      {"in_space_and_time_stride_1", cube(4, 3, 1, 1), 6000, 12, 1},
      {"listed", listed, 12000, 300, 1},
  };
}

class Threads {
 public:
  explicit Threads(int32_t threads) : before_(spc_threads()) { test::ok(spc_set_threads(threads)); }
  ~Threads() { spc_set_threads(before_); }

 private:
  int32_t before_;
};

class PartsOfMaps : public testing::TestWithParam<Case> {};

TEST_P(PartsOfMaps, Add_up_to_what_the_law_says_on_any_number_of_threads) {
  const Geometry &geometry = GetParam().geometry;
  const int dimensions = geometry.dimensions();
  std::mt19937 random(31);
  const Cloud cloud = oracle::random_cloud(random, dimensions, GetParam().voxels, -GetParam().extent / 3,
                                           GetParam().extent, GetParam().batches);
  const Cloud dilated = oracle::dilated(cloud, geometry, {}), downsampled = oracle::downsampled(cloud, geometry, {});
  const Cloud few(cloud.begin(), cloud.begin() + 5000);
  const Cloud refined = oracle::refined(few, geometry, {});
  const oracle::Pairs down = oracle::pairs(dilated, cloud, geometry), same = oracle::pairs(cloud, cloud, geometry);
  const oracle::Pairs up = oracle::pairs(few, refined, geometry);
  for (const int32_t threads : {1, 4}) {
    const Threads limit(threads);
    const test::Map fine = test::make_map(cloud, dimensions), coarse = test::coarsen(fine, geometry, SPC_DILATE, {});
    EXPECT_TRUE(test::coordinates(fine) == cloud);
    EXPECT_TRUE(test::coordinates(coarse) == dilated);
    EXPECT_TRUE(test::coordinates(test::coarsen(fine, geometry, SPC_DOWNSAMPLE, {})) == downsampled);
    EXPECT_TRUE(test::pairs(test::make_rulebook(coarse, fine, geometry)) == down);
    EXPECT_TRUE(test::pairs(test::make_rulebook(fine, fine, geometry)) == same);
    const test::Map source = test::make_map(few, dimensions), target = test::refine(source, geometry, {});
    EXPECT_TRUE(test::coordinates(target) == refined);
    EXPECT_TRUE(test::pairs(test::make_rulebook(source, target, geometry)) == up);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, PartsOfMaps, testing::ValuesIn(cases()),
                         [](const auto &info) { return info.param.name; });

TEST(PartsOfMap, Merge_the_same_on_any_number_of_threads) {
  std::mt19937 random(32);
  std::uniform_int_distribution<int32_t> place(-12, 40);
  Cloud points;
  for (int i = 0; i < 150000; ++i) points.push_back({0, place(random), place(random), place(random)});
  Cloud expected(points);
  std::sort(expected.begin(), expected.end());
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  for (const int32_t threads : {1, 4}) {
    const Threads limit(threads);
    std::vector<int64_t> map_rows(points.size(), -1);
    spc_map *made = nullptr;
    test::ok(
        spc_map_create_merged(test::flat(points).data(), std::ssize(points), 3, -1, nullptr, map_rows.data(), &made));
    const test::Map map(made);
    EXPECT_TRUE(test::coordinates(map) == expected);
    int64_t wrong = 0;
    for (std::size_t i = 0; i < points.size(); ++i) wrong += expected[map_rows[i]] != points[i] ? 1 : 0;
    EXPECT_EQ(wrong, 0);
  }
}

TEST(PartsOfMap, Name_the_rows_of_a_coordinate_that_stands_twice) {
  std::mt19937 random(33);
  for (const int32_t extent : {100, 1 << 20}) {  // key and row in one word, and in two
    Cloud cloud = oracle::random_cloud(random, 3, 60000, -extent / 2, extent, 1);
    cloud[51234] = cloud[777];
    spc_map *map = nullptr;
    EXPECT_EQ(spc_map_create(test::flat(cloud).data(), std::ssize(cloud), 3, -1, nullptr, &map), SPC_INVALID_ARGUMENT);
    EXPECT_NE(std::string(spc_last_error()).find("stands twice, in rows 777 and 51234"), std::string::npos)
        << spc_last_error();
  }
}

}  // namespace
