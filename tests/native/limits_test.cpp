// At the ends of int32 nothing wraps: the right sites, or a clear error.
#include <gtest/gtest.h>

#include "handles.h"
#include "oracle.h"

namespace {

using oracle::Cloud;
using oracle::Geometry;

const Geometry kCentred{{3}, {1}, {1}, {1}};

void expect_law(const Cloud &coarse, const Cloud &fine, const Geometry &geometry) {
  const test::Map coarse_map = test::make_map(coarse, geometry.dimensions());
  const test::Map fine_map = test::make_map(fine, geometry.dimensions());
  EXPECT_EQ(test::pairs(test::make_rulebook(coarse_map, fine_map, geometry)), oracle::pairs(coarse, fine, geometry));
  EXPECT_EQ(test::pairs(test::make_rulebook(fine_map, fine_map, geometry)), oracle::pairs(fine, fine, geometry));
}

TEST(Limits, The_ends_of_int32_are_no_neighbours) {
  const Cloud ends = {{0, INT32_MAX}, {0, INT32_MIN}, {0, INT32_MAX - 1}, {0, INT32_MIN + 1}, {0, 0}};
  expect_law(ends, ends, kCentred);
  expect_law(ends, ends, {{3}, {2}, {1}, {1}});
  expect_law(ends, ends, {{2}, {1}, {INT32_MAX}, {0}});
  expect_law(ends, ends, {{2}, {INT32_MAX}, {1}, {INT32_MAX}});
  expect_law({{0, 1}, {0, -1}, {0, INT32_MAX}}, ends, {{2}, {INT32_MAX}, {1}, {1}});
}

TEST(Limits, Lines_of_the_ends_do_not_run_into_each_other) {
  const Cloud lines = {{0, 5, INT32_MAX}, {0, 6, INT32_MAX - 63}, {0, 6, INT32_MAX - 64}, {0, 5, INT32_MAX - 64}};
  expect_law(lines, lines, {{3, 3}, {1, 1}, {1, 1}, {1, 1}});
  expect_law(lines, lines, {{3, 3}, {1, 1}, {1, 64}, {1, 64}});
}

TEST(Limits, Batches_may_be_any_int32) {
  const Cloud cloud = {{INT32_MIN, 4}, {INT32_MAX, 4}, {INT32_MIN, 5}, {-1, 5}, {0, 4}};
  expect_law(cloud, cloud, kCentred);
}

TEST(Limits, A_box_that_no_key_can_number_is_a_clear_error) {
  const std::vector<int32_t> corners = {0, INT32_MIN, INT32_MIN, INT32_MIN, 0, INT32_MAX, INT32_MAX, INT32_MAX};
  spc_map *map = nullptr;
  EXPECT_EQ(spc_map_create(corners.data(), 2, 3, -1, nullptr, &map), SPC_UNSUPPORTED);
  EXPECT_NE(std::string(spc_last_error()).find("1 x 4294967296 x 4294967296 x 4294967296 sites"), std::string::npos)
      << spc_last_error();
  EXPECT_EQ(map, nullptr);
}

TEST(Limits, A_large_box_that_fits_works) {
  const int32_t far = 1 << 19;
  const Cloud cloud = {{0, -far, -far, -far}, {0, far, far, far}, {0, far, far, far - 1}, {0, 0, 0, 0}};
  const test::Map map = test::make_map(cloud, 3);
  EXPECT_EQ(test::coordinates(map), cloud);
  expect_law(cloud, cloud, {{3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}});
}

TEST(Limits, Refining_beyond_int32_is_a_clear_error) {
  const test::Map map = test::make_map({{0, 1 << 30}}, 1);
  const spc_geometry geometry{1, {2, 0, 0, 0}, {2, 0, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}, 0, nullptr};
  spc_map *made = nullptr;
  EXPECT_EQ(spc_map_refine(map.get(), &geometry, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT);
  EXPECT_NE(std::string(spc_last_error()).find("2147483648 on axis 0"), std::string::npos) << spc_last_error();
  const int32_t bounds[1] = {INT32_MAX};
  EXPECT_EQ(spc_map_refine(map.get(), &geometry, bounds, nullptr, &made), SPC_OK);
  EXPECT_EQ(spc_map_rows(made), 0);
  spc_map_destroy(made);
}

TEST(Limits, Refining_up_to_the_last_int32_works) {
  const Geometry geometry{{2}, {2}, {1}, {0}};
  const Cloud cloud = {{0, (1 << 30) - 1}, {0, -(1 << 30)}};
  const test::Map map = test::make_map(cloud, 1);
  EXPECT_EQ(test::coordinates(test::refine(map, geometry, {})), oracle::refined(cloud, geometry, {}));
  expect_law(cloud, oracle::refined(cloud, geometry, {}), geometry);
}

TEST(Limits, Dilating_beyond_int32_is_a_clear_error) {
  const spc_geometry one{1, {3, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}, {1, 0, 0, 0}, 0, nullptr};
  for (const int32_t end : {INT32_MIN, INT32_MAX}) {
    const test::Map map = test::make_map({{0, end}}, 1);
    spc_map *made = nullptr;
    EXPECT_EQ(spc_map_coarsen(map.get(), &one, SPC_DILATE, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT);
    EXPECT_NE(std::string(spc_last_error()).find("outside of int32"), std::string::npos) << spc_last_error();
  }
  // On a leading axis too.
  const spc_geometry two{2, {3, 3, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, 0, nullptr};
  const test::Map map = test::make_map({{0, INT32_MAX, 3}}, 2);
  spc_map *made = nullptr;
  EXPECT_EQ(spc_map_coarsen(map.get(), &two, SPC_DILATE, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT);
  EXPECT_NE(std::string(spc_last_error()).find("2147483648 on axis 0"), std::string::npos) << spc_last_error();
}

TEST(Limits, Floor_division_holds_at_the_ends) {
  const Cloud cloud = {{0, INT32_MIN, -1}, {0, INT32_MIN, -4}, {0, INT32_MAX, 5}, {0, -7, 0}};
  for (const int32_t stride : {2, 3, 7}) {
    const Geometry geometry{{1, 1}, {stride, stride}, {1, 1}, {0, 0}};
    const test::Map map = test::make_map(cloud, 2);
    EXPECT_EQ(test::coordinates(test::coarsen(map, geometry, SPC_DOWNSAMPLE, {})),
              oracle::downsampled(cloud, geometry, {}));
    EXPECT_EQ(test::coordinates(test::coarsen(map, geometry, SPC_DILATE, {})), oracle::dilated(cloud, geometry, {}));
  }
}

TEST(Limits, Nothing_is_made_where_only_unreached_values_leave_int32) {
  // Only an odd offset leads out of int32, and an even stride never takes it.
  const Geometry geometry{{1}, {2}, {1}, {1}};
  const Cloud cloud = {{0, INT32_MAX - 1}, {0, INT32_MIN}};
  EXPECT_EQ(test::coordinates(test::coarsen(test::make_map(cloud, 1), geometry, SPC_DILATE, {})),
            oracle::dilated(cloud, geometry, {}));
}

}  // namespace
