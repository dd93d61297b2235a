// Bad input: a status, one line that names the argument and the value, outputs untouched.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "layer.h"

namespace {

spc_geometry cube3() {
  return {3, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 0, nullptr};
}

spc_map *untouched() {
  return reinterpret_cast<spc_map *>(uintptr_t{64});
}

void expect_failure(spc_status status, spc_status wanted, const std::string &part) {
  EXPECT_EQ(status, wanted);
  EXPECT_NE(std::string(spc_last_error()).find(part), std::string::npos) << spc_last_error();
  EXPECT_EQ(std::string(spc_last_error()).find('\n'), std::string::npos);
}

TEST(Errors, A_duplicate_is_named_with_both_rows) {
  std::vector<int32_t> coordinates;
  for (int32_t i = 0; i < 2000; ++i) coordinates.insert(coordinates.end(), {0, i, -i, 7});
  coordinates.insert(coordinates.end(), {0, 1234, -1234, 7});
  spc_map *map = untouched();
  expect_failure(spc_map_create(coordinates.data(), 2001, 3, -1, nullptr, &map), SPC_INVALID_ARGUMENT,
                 "(0, 1234, -1234, 7) stands twice, in rows 1234 and 2000");
  EXPECT_EQ(map, untouched());
}

TEST(Errors, Bad_arguments_of_maps_are_named) {
  const int32_t one[5] = {0, 1, 2, 3, 4};
  spc_map *map = untouched();
  expect_failure(spc_map_create(one, 1, 0, -1, nullptr, &map), SPC_INVALID_ARGUMENT, "dimensions is 0");
  expect_failure(spc_map_create(one, 1, 5, -1, nullptr, &map), SPC_INVALID_ARGUMENT, "dimensions is 5");
  expect_failure(spc_map_create(one, -1, 3, -1, nullptr, &map), SPC_INVALID_ARGUMENT, "rows is -1");
  expect_failure(spc_map_create(one, int64_t{1} << 31, 3, -1, nullptr, &map), SPC_UNSUPPORTED, "rows is 2147483648");
  expect_failure(spc_map_create(nullptr, 1, 3, -1, nullptr, &map), SPC_INVALID_ARGUMENT, "coordinates is NULL");
  expect_failure(spc_map_create(one, 1, 3, -1, nullptr, nullptr), SPC_INVALID_ARGUMENT, "out is NULL");
  expect_failure(spc_map_create_merged(one, 1, 3, -1, nullptr, nullptr, &map), SPC_INVALID_ARGUMENT,
                 "map_rows is NULL");
  expect_failure(spc_map_coordinates(nullptr, nullptr, nullptr), SPC_INVALID_ARGUMENT, "map is NULL");
  EXPECT_EQ(map, untouched());
}

TEST(Errors, A_device_that_is_not_there_is_named) {
  const int32_t site[2] = {0, 1};
  const int64_t row = 0;
  spc_map *map = untouched();
  spc_links *links = nullptr;
  expect_failure(spc_map_create(site, 1, 1, -2, nullptr, &map), SPC_INVALID_ARGUMENT, "device is -2");
  expect_failure(spc_links_create_from_rows(&row, 1, 1, -2, nullptr, &links), SPC_INVALID_ARGUMENT, "device is -2");
  const char *name = nullptr;
  expect_failure(spc_cuda_device_name(-1, &name), SPC_INVALID_ARGUMENT, "device is -1");
  int32_t devices = -7;
  if (spc_cuda_device_count(&devices) == SPC_OK) {
    EXPECT_GE(devices, 1);
    return;
  }
  EXPECT_EQ(devices, -7);
  const std::string reason = spc_last_error();
  expect_failure(spc_cuda_device_name(0, &name), SPC_DEVICE, reason);
  expect_failure(spc_map_create(site, 1, 1, 0, nullptr, &map), SPC_DEVICE, reason);
  int64_t merged = -7;
  expect_failure(spc_map_create_merged(site, 1, 1, 0, nullptr, &merged, &map), SPC_DEVICE, reason);
  expect_failure(spc_links_create_from_rows(&row, 1, 1, 0, nullptr, &links), SPC_DEVICE, reason);
  EXPECT_EQ(map, untouched());
  EXPECT_EQ(links, nullptr);
  EXPECT_EQ(merged, -7);
}

TEST(Errors, Tf32_is_off_until_it_is_allowed) {
  EXPECT_EQ(spc_tf32(), 0);
  expect_failure(spc_set_tf32(2), SPC_INVALID_ARGUMENT, "allow is 2");
  test::ok(spc_set_tf32(1));
  EXPECT_EQ(spc_tf32(), 1);
  test::ok(spc_set_tf32(0));
}

TEST(Errors, Bad_geometries_are_named) {
  const test::Map map = test::make_map({{0, 1, 2, 3}}, 3);
  struct Wrong {
    std::function<void(spc_geometry &)> change;
    std::string message;
  };
  const std::vector<Wrong> all = {
      {[](spc_geometry &g) { g.dimensions = 7; }, "dimensions is 7"},
      {[](spc_geometry &g) { g.dimensions = 2; }, "geometry has 2 dimensions and the map 3"},
      {[](spc_geometry &g) { g.size[1] = 0; }, "size[1] is 0, must be positive"},
      {[](spc_geometry &g) { g.stride[0] = -2; }, "stride[0] is -2, must be positive"},
      {[](spc_geometry &g) { g.dilation[2] = 0; }, "dilation[2] is 0, must be positive"},
      {[](spc_geometry &g) { g.dilation[2] = INT32_MAX; }, "dilation[2] * (size - 1) is 4294967294"},
      {[](spc_geometry &g) { g.size[0] = g.size[1] = g.size[2] = INT32_MAX; }, "more than 1048576 taps"},
  };
  for (const Wrong &wrong : all) {
    spc_geometry geometry = cube3();
    wrong.change(geometry);
    spc_map *made = untouched();
    expect_failure(spc_map_coarsen(map.get(), &geometry, SPC_DILATE, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT,
                   wrong.message);
    expect_failure(spc_map_refine(map.get(), &geometry, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT, wrong.message);
    EXPECT_EQ(made, untouched());
    spc_rulebook *rulebook = nullptr;
    expect_failure(spc_rulebook_create(map.get(), map.get(), &geometry, nullptr, &rulebook), SPC_INVALID_ARGUMENT,
                   wrong.message);
    EXPECT_EQ(rulebook, nullptr);
  }
  const spc_geometry geometry = cube3();
  spc_map *made = untouched();
  expect_failure(spc_map_coarsen(map.get(), &geometry, 2, nullptr, nullptr, &made), SPC_INVALID_ARGUMENT, "rule is 2");
  const int32_t bounds[3] = {4, -1, 4};
  expect_failure(spc_map_refine(map.get(), &geometry, bounds, nullptr, &made), SPC_INVALID_ARGUMENT, "bounds[1] is -1");
}

class ConvolutionErrors : public testing::Test {
 protected:
  ConvolutionErrors()
      : map_(test::make_map({{0, 1, 2, 3}, {0, 1, 2, 4}}, 3)),
        rulebook_(test::make_rulebook(map_, map_, {{3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}})),
        space_(test::workspace_for(rulebook_.get(), SPC_FINE_TO_COARSE, SPC_FORWARD, 4, 5, SPC_FLOAT32)) {}

  spc_status forward() {
    return spc_convolution_forward(rulebook_.get(), direction_, groups_, &input_, &weight_, nullptr, &bias_, nullptr,
                                   SPC_IDENTITY, workspace_, bytes_, nullptr, &output_);
  }

  test::Map map_;
  test::Rulebook rulebook_;
  test::Workspace space_;
  std::vector<float> x_ = std::vector<float>(8), w_ = std::vector<float>(27 * 4 * 5), b_ = std::vector<float>(5),
                     y_ = std::vector<float>(10, -1.0f);
  spc_matrix input_ = test::view(x_, 2, 4), weight_ = test::view(w_, 27 * 4, 5), bias_ = test::view(b_, 1, 5),
             output_ = test::view(y_, 2, 5);
  int32_t direction_ = SPC_FINE_TO_COARSE;
  int64_t groups_ = 1;
  void *workspace_ = space_.data();
  int64_t bytes_ = space_.bytes();
};

TEST_F(ConvolutionErrors, Are_none_when_all_is_right) {
  EXPECT_EQ(forward(), SPC_OK);
  EXPECT_EQ(y_, std::vector<float>(10, 0.0f));
}

TEST_F(ConvolutionErrors, Name_what_is_wrong_with_an_epilogue) {
  std::vector<float> r(15), s(4);
  const spc_matrix residual = test::view(r, 3, 5), scale = test::view(s, 1, 4);
  const auto fused = [&](const spc_matrix *by, const spc_matrix *given, int32_t activation) {
    return spc_convolution_forward(rulebook_.get(), direction_, groups_, &input_, &weight_, by, &bias_, given,
                                   activation, workspace_, bytes_, nullptr, &output_);
  };
  expect_failure(fused(nullptr, &residual, SPC_RELU), SPC_INVALID_ARGUMENT, "residual.rows is 3, must be 2");
  expect_failure(fused(&scale, nullptr, SPC_RELU), SPC_INVALID_ARGUMENT, "scale.columns is 4, must be 5");
  expect_failure(fused(nullptr, nullptr, 2), SPC_INVALID_ARGUMENT, "activation is 2");
  EXPECT_EQ(y_, std::vector<float>(10, -1.0f));
}

TEST_F(ConvolutionErrors, Name_the_matrix_and_what_is_wrong) {
  const spc_matrix input = input_, weight = weight_, bias = bias_, output = output_;
  const auto expect = [&](spc_matrix &matrix, const std::function<void(spc_matrix &)> &change, spc_status status,
                          const std::string &message) {
    change(matrix);
    expect_failure(forward(), status, message);
    input_ = input, weight_ = weight, bias_ = bias, output_ = output;
  };
  expect(
      input_, [](auto &m) { m.rows = 3; }, SPC_INVALID_ARGUMENT, "input.rows is 3, must be 2");
  expect(
      input_, [](auto &m) { m.columns = 0; }, SPC_INVALID_ARGUMENT, "input.columns is 0");
  expect(
      input_, [](auto &m) { m.columns = 3; }, SPC_INVALID_ARGUMENT, "weight.rows is 108, must be 81");
  expect(
      input_, [](auto &m) { m.data = nullptr; }, SPC_INVALID_ARGUMENT, "input.data is NULL");
  expect(
      input_, [](auto &m) { m.device = 7; }, SPC_INVALID_ARGUMENT,
      "input.device is 7, must be " + std::to_string(spc_rulebook_device(rulebook_.get())));
  expect(
      input_, [](auto &m) { m.element_type = SPC_BFLOAT16; }, SPC_INVALID_ARGUMENT,
      "output.element_type is 0, must be 2");
  expect(
      input_, [](auto &m) { m.element_type = 9; }, SPC_INVALID_ARGUMENT, "element type is 9");
  expect(
      weight_, [](auto &m) { m.element_type = SPC_FLOAT64; }, SPC_INVALID_ARGUMENT, "weight.element_type is 1");
  expect(
      bias_, [](auto &m) { m.columns = 4; }, SPC_INVALID_ARGUMENT, "bias.columns is 4, must be 5");
  expect(
      output_, [](auto &m) { m.rows = 1; }, SPC_INVALID_ARGUMENT, "output.rows is 1, must be 2");
  EXPECT_EQ(y_, std::vector<float>(10, -1.0f));
}

TEST_F(ConvolutionErrors, Name_the_workspace_and_the_direction) {
  bytes_ = 100;
  expect_failure(forward(), SPC_INVALID_ARGUMENT, "workspace_bytes is 100, must be at least");
  bytes_ = space_.bytes();
  workspace_ = nullptr;
  expect_failure(forward(), SPC_INVALID_ARGUMENT, "workspace is NULL");
  workspace_ = static_cast<char *>(space_.data()) + 4;
  expect_failure(forward(), SPC_INVALID_ARGUMENT, "not aligned to 64 bytes");
  workspace_ = space_.data();
  direction_ = 2;
  expect_failure(forward(), SPC_INVALID_ARGUMENT, "direction is 2");
  direction_ = SPC_FINE_TO_COARSE;
  for (const int64_t groups : {0, 2, 5}) {
    groups_ = groups;
    expect_failure(forward(), SPC_INVALID_ARGUMENT,
                   "groups is " + std::to_string(groups) + ", must be positive and divide 4 input and 5 output");
  }
  EXPECT_EQ(y_, std::vector<float>(10, -1.0f));
}

TEST_F(ConvolutionErrors, Cover_workspace_queries_and_taps) {
  int64_t bytes = -7;
  const auto query = [&](int32_t pass, int64_t in, int32_t type) {
    return spc_convolution_workspace(rulebook_.get(), SPC_FINE_TO_COARSE, pass, groups_, in, 5, type, &bytes);
  };
  expect_failure(query(3, 4, SPC_FLOAT32), SPC_INVALID_ARGUMENT, "pass is 3");
  expect_failure(query(SPC_FORWARD, -4, SPC_FLOAT32), SPC_INVALID_ARGUMENT, "in_channels is -4");
  groups_ = 4;
  expect_failure(query(SPC_FORWARD, 4, SPC_FLOAT32), SPC_INVALID_ARGUMENT, "groups is 4");
  groups_ = 1;
  expect_failure(query(SPC_FORWARD, 4, 4), SPC_INVALID_ARGUMENT, "element type is 4");
  EXPECT_EQ(bytes, -7);
  int64_t row = 0;
  expect_failure(spc_rulebook_tap_pairs(rulebook_.get(), 27, nullptr, &row, &row), SPC_INVALID_ARGUMENT, "tap is 27");
}

TEST(Errors, Name_what_is_wrong_with_a_list_of_taps) {
  const test::Map map = test::make_map({{0, 1, 2, 3}}, 3);
  spc_geometry geometry = cube3();
  const std::vector<int32_t> taps{0, 0, 0, 1, -2, 3, 5, 0, 0, 1, -2, 3};
  geometry.taps = taps.data();
  spc_rulebook *made = nullptr;
  const auto expect = [&](int32_t count, const std::string &message) {
    geometry.tap_count = count;
    expect_failure(spc_rulebook_create(map.get(), map.get(), &geometry, nullptr, &made), SPC_INVALID_ARGUMENT, message);
    EXPECT_EQ(made, nullptr);
  };
  expect(0, "tap_count is 0, must be 1 to 1048576");
  expect(-1, "tap_count is -1, must be 1 to 1048576");
  expect(4, "taps[1] and taps[3] are equal, must be distinct");
  geometry.dilation[1] = INT32_MAX;
  expect(2, "dilation[1] * taps[1] is -4294967294, must be -2147483647 to 2147483647");
}

TEST(Errors, Settings_refuse_what_cannot_be) {
  const int32_t before = spc_threads();
  expect_failure(spc_set_threads(-1), SPC_INVALID_ARGUMENT, "threads is -1");
  EXPECT_EQ(spc_threads(), before);
  expect_failure(spc_set_isa("sse9"), SPC_INVALID_ARGUMENT, "sse9: no such instruction set");
  expect_failure(spc_set_isa(nullptr), SPC_INVALID_ARGUMENT, "NULL");
}

TEST(Errors, Messages_belong_to_their_thread) {
  expect_failure(spc_set_threads(-5), SPC_INVALID_ARGUMENT, "threads is -5");
  std::string other;
  std::thread([&] {
    other = spc_last_error();
    spc_set_threads(-6);
  }).join();
  EXPECT_EQ(other, "");
  EXPECT_NE(std::string(spc_last_error()).find("-5"), std::string::npos);
}

// In processes of their own, since the choice is made once.
[[noreturn]] void exit_saying_whether_an_unknown_isa_fails() {
  setenv("SPARSECONV_ISA", "pentium", 1);
  const char *name = nullptr;
  const int32_t site[2] = {0, 0};
  spc_map *map = nullptr;
  bool fails = spc_isa(&name) == SPC_INVALID_ARGUMENT && name == nullptr;
  fails = fails && spc_map_create(site, 1, 1, -1, nullptr, &map) == SPC_INVALID_ARGUMENT && map == nullptr;
  fails = fails && std::strstr(spc_last_error(), "SPARSECONV_ISA=pentium") != nullptr;
  std::_Exit(fails ? 0 : 1);
}

[[noreturn]] void exit_saying_whether_baseline_is_chosen() {
  setenv("SPARSECONV_ISA", "baseline", 1);
  const char *name = "";
  std::_Exit(spc_isa(&name) == SPC_OK && std::strcmp(name, "baseline") == 0 ? 0 : 1);
}

TEST(ErrorsDeathTest, An_unknown_SPARSECONV_ISA_fails_every_computation) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_saying_whether_an_unknown_isa_fails(), testing::ExitedWithCode(0), "");
}

TEST(ErrorsDeathTest, SPARSECONV_ISA_chooses) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(exit_saying_whether_baseline_is_chosen(), testing::ExitedWithCode(0), "");
}

TEST(Library, Says_what_it_is) {
  EXPECT_EQ(spc_abi_version(), SPC_ABI_VERSION);
  EXPECT_GT(std::strlen(spc_version()), 0u);
  ASSERT_GE(spc_isa_count(), 1);
  EXPECT_STREQ(spc_isa_name(spc_isa_count() - 1), "baseline");
  EXPECT_EQ(spc_isa_name(spc_isa_count()), nullptr);
  EXPECT_EQ(spc_isa_name(-1), nullptr);
}

TEST(Library, Gives_memory_out_again) {
  constexpr int64_t kBytes = 5000000;
  void *first = nullptr, *second = nullptr;
  ASSERT_EQ(spc_memory_take(kBytes, &first), SPC_OK);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(first) % 64, 0u);
  std::memset(first, 1, kBytes);
  spc_memory_give(first);
  ASSERT_EQ(spc_memory_take(kBytes - 1000, &second), SPC_OK);
  EXPECT_EQ(first, second) << "of about the same size";
  spc_memory_give(second);
  spc_memory_give(nullptr);
  expect_failure(spc_memory_take(-1, &first), SPC_INVALID_ARGUMENT, "bytes is -1");
  expect_failure(spc_memory_take(1, nullptr), SPC_INVALID_ARGUMENT, "out");
  expect_failure(spc_memory_take(int64_t{1} << 60, &first), SPC_OUT_OF_MEMORY, "memory");
}

TEST(Library, Counts_its_live_objects) {
  const int64_t before = spc_live_objects();
  {
    const test::Map map = test::make_map({{0, 1}, {0, 2}}, 1);
    const test::Rulebook rulebook = test::make_rulebook(map, map, {{3}, {1}, {1}, {1}});
    EXPECT_EQ(spc_live_objects(), before + 2);
    const int32_t twice[4] = {0, 1, 0, 1};
    spc_map *none = nullptr;
    EXPECT_NE(spc_map_create(twice, 2, 1, -1, nullptr, &none), SPC_OK);
    EXPECT_EQ(spc_live_objects(), before + 2);
  }
  EXPECT_EQ(spc_live_objects(), before);
  spc_map_destroy(nullptr);
  spc_rulebook_destroy(nullptr);
}

}  // namespace
