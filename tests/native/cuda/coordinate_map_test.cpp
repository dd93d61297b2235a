// Coordinate maps of the CUDA engine, row by row against the CPU engine's.
#include <algorithm>
#include <climits>
#include <limits>

#include "device_sites.h"

namespace {

using oracle::Cloud;
using test::Queue;
using test::SitesPointer;
using namespace spc::cuda;

std::vector<int64_t> find(const Queue &queue, const SitesPointer &sites, const Cloud &asked, bool on_device) {
  test::Array<int32_t> given(queue, test::flat(asked), on_device);
  test::Array<int64_t> found(queue, std::vector<int64_t>(asked.size(), -77), on_device);
  find_rows(queue, *sites, given.data(), std::ssize(asked), found.data());
  return found.read();
}

void expect_same(const Queue &queue, const SitesPointer &sites, const test::Map &map) {
  ASSERT_EQ(sites->rows, spc_map_rows(map.get()));
  ASSERT_EQ(sites->dimensions(), spc_map_dimensions(map.get()));
  const Cloud cloud = test::coordinates(map);
  EXPECT_EQ(test::coordinates(queue, sites), cloud);
  EXPECT_EQ(test::coordinates(queue, sites, true), cloud);
  EXPECT_EQ(test::bounds(sites), test::bounds(map));
  Cloud asked = cloud;
  for (oracle::Coordinate &site : asked) site.back() ^= 1;
  asked.insert(asked.end(), cloud.begin(), cloud.end());
  asked.push_back(oracle::Coordinate(static_cast<std::size_t>(sites->axes), INT32_MIN));
  asked.push_back(oracle::Coordinate(static_cast<std::size_t>(sites->axes), INT32_MAX));
  std::vector<int64_t> rows(asked.size());
  test::ok(spc_map_find(map.get(), test::flat(asked).data(), std::ssize(asked), nullptr, rows.data()));
  EXPECT_EQ(find(queue, sites, asked, false), rows);
  EXPECT_EQ(find(queue, sites, asked, true), rows);
  EXPECT_GE(sites->slots.count(), 2 * std::ssize(cloud));
}

class MapOnDevice : public test::OnDevice, public testing::WithParamInterface<test::Case> {};

TEST_P(MapOnDevice, Has_the_rows_of_the_CPU) {
  const test::Case &param = GetParam();
  const Cloud cloud = param.cloud(1);
  const Queue queue(0, nullptr);
  const test::Map map = test::make_map(cloud, param.dimensions());
  for (const bool on_device : {false, true}) {
    expect_same(queue, test::make_sites(queue, cloud, param.dimensions(), on_device), map);
  }
}

TEST_P(MapOnDevice, Generates_the_sites_of_the_CPU) {
  const test::Case &param = GetParam();
  const spc::Kernel kernel = test::kernel_of(param.geometry);
  const Cloud cloud = param.cloud(2);
  const Queue queue(0, nullptr);
  const test::Map map = test::make_map(cloud, param.dimensions());
  const SitesPointer sites = test::make_sites(queue, cloud, param.dimensions());
  const std::vector<int32_t> shape(param.geometry.size.size(), param.extent / 2), nothing(shape.size(), 0);
  for (const std::vector<int32_t> &bounds : {std::vector<int32_t>{}, shape, nothing}) {
    const int32_t *const limits = bounds.empty() ? nullptr : bounds.data();
    const SitesPointer dilated = dilate(queue, *sites, kernel, limits);
    expect_same(queue, dilated, test::coarsen(map, param.geometry, SPC_DILATE, bounds));
    EXPECT_EQ(test::coordinates(queue, dilated), oracle::dilated(cloud, param.geometry, bounds));
    expect_same(queue, downsample(queue, *sites, kernel, limits),
                test::coarsen(map, param.geometry, SPC_DOWNSAMPLE, bounds));
    expect_same(queue, refine(queue, *sites, kernel, limits), test::refine(map, param.geometry, bounds));
  }
}

TEST_P(MapOnDevice, Generates_from_what_was_generated) {
  const test::Case &param = GetParam();
  const spc::Kernel kernel = test::kernel_of(param.geometry);
  const Queue queue(0, nullptr);
  const test::Map map =
      test::coarsen(test::make_map(param.cloud(3), param.dimensions()), param.geometry, SPC_DILATE, {});
  const SitesPointer sites =
      dilate(queue, *test::make_sites(queue, param.cloud(3), param.dimensions()), kernel, nullptr);
  expect_same(queue, downsample(queue, *sites, kernel, nullptr),
              test::coarsen(map, param.geometry, SPC_DOWNSAMPLE, {}));
}

TEST_P(MapOnDevice, Merges_as_the_CPU_does) {
  const test::Case &param = GetParam();
  Cloud cloud = param.cloud(4);
  std::mt19937 random(5);
  for (int64_t i = 0; i < param.voxels; ++i) cloud.push_back(cloud[random() % static_cast<uint64_t>(param.voxels)]);
  std::vector<int64_t> rows(cloud.size(), -77);
  spc_map *out = nullptr;
  test::ok(spc_map_create_merged(test::flat(cloud).data(), std::ssize(cloud), param.dimensions(), -1, nullptr,
                                 rows.data(), &out));
  const test::Map map(out);
  const Queue queue(0, nullptr);
  for (const bool on_device : {false, true}) {
    test::Array<int32_t> given(queue, test::flat(cloud), on_device);
    test::Array<int64_t> map_rows(queue, std::vector<int64_t>(cloud.size(), -77), on_device);
    expect_same(queue, make_merged_sites(queue, given.data(), std::ssize(cloud), param.dimensions(), map_rows.data()),
                map);
    EXPECT_EQ(map_rows.read(), rows);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, MapOnDevice, testing::ValuesIn(test::cases()),
                         [](const auto &info) { return info.param.name; });

class MapLimits : public test::OnDevice {};

// Both engines refuse it with one sentence.
template <class Call>
void expect_refused(const Call &call, spc_status status) {
  EXPECT_EQ(test::refusal(call), std::make_pair(status, std::string(spc_last_error())));
  EXPECT_NE(status, SPC_OK);
}

TEST_F(MapLimits, Duplicates_are_named_as_on_the_CPU) {
  std::mt19937 random(6);
  const Queue queue(0, nullptr);
  for (int round = 0; round < 4; ++round) {
    Cloud cloud = oracle::random_cloud(random, 3, 3000, -20, 40, 2);
    for (int i = 0; i < 20; ++i) cloud[random() % cloud.size()] = cloud[random() % cloud.size()];
    cloud[2999] = cloud[17];
    const std::vector<int32_t> given = test::flat(cloud);
    spc_map *map = nullptr;
    const spc_status status = spc_map_create(given.data(), std::ssize(cloud), 3, -1, nullptr, &map);
    EXPECT_NE(std::string(spc_last_error()).find("stands twice, in rows"), std::string::npos);
    for (const bool on_device : {false, true}) {
      expect_refused([&] { test::make_sites(queue, cloud, 3, on_device); }, status);
    }
  }
}

TEST_F(MapLimits, Bad_arguments_are_named_as_on_the_CPU) {
  const Queue queue(0, nullptr);
  const int32_t site[4] = {0, 1, 2, 3};
  int64_t row = 0;
  spc_map *map = nullptr;
  const auto refuse = [&](const int32_t *given, int64_t rows, int dimensions) {
    expect_refused([&] { make_sites(queue, given, rows, dimensions); },
                   spc_map_create(given, rows, dimensions, -1, nullptr, &map));
    expect_refused([&] { make_merged_sites(queue, given, rows, dimensions, &row); },
                   spc_map_create_merged(given, rows, dimensions, -1, nullptr, &row, &map));
  };
  refuse(site, 1, 0);
  refuse(site, 1, 5);
  refuse(site, -1, 3);
  refuse(site, int64_t{1} << 31, 3);
  refuse(nullptr, 1, 3);
  expect_refused([&] { make_merged_sites(queue, site, 1, 3, nullptr); },
                 spc_map_create_merged(site, 1, 3, -1, nullptr, nullptr, &map));
  const test::Map cpu = test::make_map({{0, 1, 2, 3}}, 3);
  const SitesPointer sites = test::make_sites(queue, {{0, 1, 2, 3}}, 3);
  const spc_geometry flat = test::native(test::cube(2, 3, 1, 1, 1)), cube = test::native(test::cube(3, 3, 1, 1, 1));
  const int32_t bounds[3] = {5, -2, 5};
  expect_refused([&] { dilate(queue, *sites, spc::make_kernel(flat), nullptr); },
                 spc_map_coarsen(cpu.get(), &flat, SPC_DILATE, nullptr, nullptr, &map));
  expect_refused([&] { refine(queue, *sites, spc::make_kernel(cube), bounds); },
                 spc_map_refine(cpu.get(), &cube, bounds, nullptr, &map));
}

TEST_F(MapLimits, The_ends_of_int32_are_sites_as_any) {
  const Queue queue(0, nullptr);
  const Cloud ends = {{0, INT32_MAX}, {0, INT32_MIN}, {3, 7}, {-2, -7}, {-2, INT32_MAX}, {0, 0}, {-1, INT32_MIN + 1}};
  const test::Map map = test::make_map(ends, 1);
  const SitesPointer sites = test::make_sites(queue, ends, 1);
  expect_same(queue, sites, map);
  const oracle::Geometry halves = test::cube(1, 1, 2, 1, 0);
  expect_same(queue, downsample(queue, *sites, test::kernel_of(halves), nullptr),
              test::coarsen(map, halves, SPC_DOWNSAMPLE, {}));
  expect_same(queue, dilate(queue, *sites, test::kernel_of(halves), nullptr),
              test::coarsen(map, halves, SPC_DILATE, {}));
  const Cloud batches = {{INT32_MIN, 4}, {INT32_MAX, 4}, {INT32_MIN, 5}, {-1, 5}, {0, 4}};
  expect_same(queue, test::make_sites(queue, batches, 1), test::make_map(batches, 1));
  // Only the bounds keep what leads out of int32 away.
  const oracle::Geometry wide = test::cube(1, 3, 1, 1, 1);
  const std::vector<int32_t> bounds = {INT32_MAX};
  expect_same(queue, dilate(queue, *sites, test::kernel_of(wide), bounds.data()),
              test::coarsen(map, wide, SPC_DILATE, bounds));
}

TEST_F(MapLimits, Boxes_that_no_key_can_number_are_refused) {
  const Queue queue(0, nullptr);
  const Cloud corners = {{0, INT32_MIN, INT32_MIN, INT32_MIN}, {0, INT32_MAX, INT32_MAX, INT32_MAX}};
  spc_map *map = nullptr;
  expect_refused([&] { test::make_sites(queue, corners, 3); },
                 spc_map_create(test::flat(corners).data(), 2, 3, -1, nullptr, &map));
  const Cloud far = {{0, -(1 << 19), -(1 << 19), -(1 << 19)}, {0, 1 << 19, 1 << 19, 1 << 19}, {0, 0, 0, 0}};
  expect_same(queue, test::make_sites(queue, far, 3), test::make_map(far, 3));
}

TEST_F(MapLimits, Sites_outside_of_int32_are_refused) {
  const Queue queue(0, nullptr);
  const auto refuse = [&](const Cloud &cloud, const oracle::Geometry &geometry, bool refines) {
    const int dimensions = geometry.dimensions();
    const SitesPointer sites = test::make_sites(queue, cloud, dimensions);
    const test::Map cpu = test::make_map(cloud, dimensions);
    const spc_geometry native = test::native(geometry);
    spc_map *map = nullptr;
    const spc_status status = refines ? spc_map_refine(cpu.get(), &native, nullptr, nullptr, &map)
                                      : spc_map_coarsen(cpu.get(), &native, SPC_DILATE, nullptr, nullptr, &map);
    EXPECT_NE(std::string(spc_last_error()).find("outside of int32"), std::string::npos);
    const auto call = refines ? &refine : &dilate;
    expect_refused([&] { call(queue, *sites, test::kernel_of(geometry), nullptr); }, status);
  };
  refuse({{0, INT32_MIN}}, test::cube(1, 3, 1, 1, 1), false);
  refuse({{0, INT32_MAX}}, test::cube(1, 3, 1, 1, 1), false);
  refuse({{0, INT32_MAX, 3}}, {{2, 1}, {1, 1}, {1, 1}, {1, 0}}, false);
  refuse({{0, 1 << 30}}, {{1}, {2}, {1}, {0}}, true);
  refuse({{0, 3}, {0, 1 << 30}, {1, 5}}, {{1}, {2}, {1}, {0}}, true);
}

TEST_F(MapLimits, A_set_that_grows_beyond_its_guess_is_filled_again) {
  const Queue queue(0, nullptr);
  Cloud cloud;
  for (int32_t i = 0; i < 40; ++i) cloud.push_back({0, 100 * i, -100 * i, 7 * i});
  const oracle::Geometry geometry = test::cube(3, 7, 1, 1, 3);
  const SitesPointer sites = dilate(queue, *test::make_sites(queue, cloud, 3), test::kernel_of(geometry), nullptr);
  EXPECT_EQ(sites->rows, 40 * 343);
  expect_same(queue, sites, test::coarsen(test::make_map(cloud, 3), geometry, SPC_DILATE, {}));
}

TEST_F(MapLimits, Its_bytes_are_those_of_its_memory) {
  const Queue queue(0, nullptr);
  const SitesPointer sites = test::make_sites(queue, test::cases().back().cloud(7), 3);
  EXPECT_LE(sites->bytes(), static_cast<int64_t>(sizeof(Sites)) + sites->rows * (16 + 4 * 12));
  EXPECT_GE(sites->bytes(), sites->rows * (16 + 2 * 12));
}

}  // namespace
