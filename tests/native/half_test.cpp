// Convolution of 16-bit features against brute force in double over the numbers as they are stored, with weights of
// their own type or float32 (counts of rows and channels: sweep_test.cpp).
#include "half.h"

#include <gtest/gtest.h>

#include <bit>

#include "layer.h"
#include "pieces.h"

namespace {

using oracle::Matrix;
using test::BFloat16;
using test::error_of;
using test::Float16;
using test::ForcedIsa;

// Squared: results are rounded once, by at most a unit roundoff (2^-8, 2^-11) each; sums are those of float32.
template <class T>
constexpr double kTolerance = 1e-12;
template <>
constexpr double kTolerance<BFloat16> = 0x1p-16;
template <>
constexpr double kTolerance<Float16> = 0x1p-22;

template <class T, class W>
void expect_layer(const test::Pieces &pieces, int64_t in, int64_t out, int64_t groups = 1) {
  const test::Map fine = test::make_map(pieces.fine, pieces.geometry.dimensions());
  const test::Map coarse = pieces.same ? nullptr : test::make_map(pieces.coarse, pieces.geometry.dimensions());
  const test::Rulebook rulebook = test::make_rulebook(pieces.same ? fine : coarse, fine, pieces.geometry);
  const oracle::Pairs pairs = oracle::pairs(pieces.coarse, pieces.fine, pieces.geometry);
  std::mt19937 random(99);
  for (const int32_t direction : {SPC_FINE_TO_COARSE, SPC_COARSE_TO_FINE}) {
    const bool reversed = direction == SPC_COARSE_TO_FINE;
    const auto fine_rows = static_cast<int64_t>(pieces.fine.size());
    const auto coarse_rows = static_cast<int64_t>(pieces.coarse.size());
    const oracle::Run run{pairs, reversed, reversed ? coarse_rows : fine_rows, reversed ? fine_rows : coarse_rows, in,
                          out,   groups};
    const Matrix input = test::stored<T>(oracle::random_matrix(random, run.from_rows * in));
    const Matrix weight = oracle::random_matrix(random, pieces.geometry.taps() * (in / groups) * out);
    const Matrix bias = test::stored<W>(oracle::random_matrix(random, out));
    const Matrix grad = test::stored<T>(oracle::random_matrix(random, run.to_rows * out));
    const auto found = test::run_layer<T, W>(rulebook.get(), direction, run.from_rows, run.to_rows, in, out, input,
                                             weight, bias, grad, groups);
    const Matrix used = test::stored<T>(weight);  // float32 weights are rounded to the type of the features
    EXPECT_LE(error_of(found.output, oracle::forward(run, input, used, bias)), kTolerance<T>);
    EXPECT_LE(error_of(found.grad_input, oracle::backward_input(run, grad, used)), kTolerance<T>);
    EXPECT_LE(error_of(found.grad_weight, oracle::backward_weight(run, input, grad)), kTolerance<W>);
    EXPECT_LE(error_of(found.grad_bias, oracle::backward_bias(run, grad)), kTolerance<W>);
  }
}

template <class T>
void expect_layers() {
  for (const int64_t channels : {1, 2, 15, 16, 17, 33, 64, 70}) {
    SCOPED_TRACE(channels);
    expect_layer<T, float>(test::submanifold(3, 3, 60, 1), channels, 71 - channels);
  }
  expect_layer<T, T>(test::strided(4, 2, 2, 200, 5), 6, 7);
  expect_layer<T, float>(test::strided(2, 3, 2, 3000, 6), 16, 33);
  expect_layer<T, T>(test::submanifold(3, 3, 20, 2), 384, 128);
  for (const int64_t channels : {6, 17, 48}) {
    expect_layer<T, T>(test::submanifold(3, 3, 60, 1), channels, channels, channels);
    expect_layer<T, float>(test::strided(2, 3, 2, 60, 2), channels, channels, channels);
  }
  expect_layer<T, T>(test::submanifold(3, 3, 60, 1), 15, 9, 3);
  expect_layer<T, float>(test::submanifold(3, 3, 60, 1), 8, 70, 2);
}

class Half : public testing::TestWithParam<std::string> {};

TEST_P(Half, Equals_the_oracle_in_bfloat16) {
  const ForcedIsa isa(GetParam());
  expect_layers<BFloat16>();
}

TEST_P(Half, Equals_the_oracle_in_float16) {
  const ForcedIsa isa(GetParam());
  expect_layers<Float16>();
}

// Of one voxel that meets itself.
template <class T, class W>
test::Gradients<T, W> run_point(int64_t in, int64_t out, const Matrix &input, const Matrix &bias) {
  const test::Map map = test::make_map({{0, 0}}, 1);
  const test::Rulebook rulebook = test::make_rulebook(map, map, {{1}, {1}, {1}, {0}});
  const Matrix weight(static_cast<std::size_t>(in * out), 0.0), ones(static_cast<std::size_t>(out), 1.0);
  return test::run_layer<T, W>(rulebook.get(), SPC_FINE_TO_COARSE, 1, 1, in, out, input, weight, bias, ones);
}

// A float32 bias, added to nothing, is rounded to the type of the output.
template <class T>
void expect_rounding() {
  Matrix bias;
  for (uint32_t high = 0; high < 0x10000; high += 7) {
    // On, just beside and half way between numbers of either format.
    for (const uint32_t low : {0x0000u, 0x0001u, 0x0fffu, 0x1000u, 0x1001u, 0x3000u, 0x7fffu, 0x8000u, 0x8001u}) {
      bias.push_back(std::bit_cast<float>(high << 16 | low));
    }
  }
  const auto count = static_cast<int64_t>(bias.size());
  const auto found = run_point<T, float>(1, count, {0.0}, bias);
  int64_t wrong = 0;
  for (std::size_t i = 0; i < bias.size(); ++i) {
    const T expected(bias[i] == 0 ? 0.0 : bias[i]);
    const bool same = std::isnan(bias[i]) ? std::isnan(found.output[i]) : found.output[i] == expected;
    if (!same && ++wrong < 5) ADD_FAILURE() << bias[i] << " became " << static_cast<double>(found.output[i]);
  }
  EXPECT_EQ(wrong, 0);
}

TEST_P(Half, Rounds_to_nearest_even) {
  const ForcedIsa isa(GetParam());
  expect_rounding<BFloat16>();
  expect_rounding<Float16>();
}

// The gradient of a float32 weight is the input itself where the gradient of the output is 1.
template <class T>
void expect_reading(bool subnormal) {
  test::Guarded<T> values;
  Matrix input;
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const T value = T::of_bits(static_cast<uint16_t>(bits));
    const bool tiny = value != 0.0 && std::fabs(value) < std::ldexp(1.0, 1 - T::kBias);
    if (tiny && !subnormal) continue;
    input.push_back(value);
  }
  const auto found = run_point<T, float>(static_cast<int64_t>(input.size()), 1, input, {0.0});
  int64_t wrong = 0;
  for (std::size_t i = 0; i < input.size(); ++i) {
    const float value = found.grad_weight[i];
    const bool same = std::isnan(input[i]) ? std::isnan(value) : value == static_cast<float>(input[i]);
    if (!same && ++wrong < 5) ADD_FAILURE() << input[i] << " was read as " << value;
  }
  EXPECT_EQ(wrong, 0);
}

// Instructions that multiply pairs of bfloat16 numbers take subnormal ones for zero, and add in an order of their own.
bool multiplies_pairs(const std::string &isa) {
  return isa == "avx512bf16" || isa == "amx";
}

TEST_P(Half, Reads_every_number) {
  const ForcedIsa isa(GetParam());
  expect_reading<BFloat16>(!multiplies_pairs(GetParam()));
  expect_reading<Float16>(true);
}

template <class T, class W>
test::Gradients<T, W> run_cloud(int64_t in, int64_t out) {
  const test::Pieces pieces = test::submanifold(3, 3, 3000, 11);
  const test::Map map = test::make_map(pieces.fine, 3);
  const test::Rulebook rulebook = test::make_rulebook(map, map, pieces.geometry);
  std::mt19937 random(12);
  const int64_t rows = spc_map_rows(map.get());
  const Matrix input = oracle::random_matrix(random, rows * in), bias = oracle::random_matrix(random, out);
  const Matrix weight = test::stored<T>(oracle::random_matrix(random, 27 * in * out));
  const Matrix grad = oracle::random_matrix(random, rows * out);
  return test::run_layer<T, W>(rulebook.get(), SPC_FINE_TO_COARSE, rows, rows, in, out, input, weight,
                               test::stored<T>(bias), grad);
}

TEST_P(Half, Is_the_same_for_any_number_of_threads) {
  const ForcedIsa isa(GetParam());
  const int32_t before = spc_threads();
  const auto same = [&]<class T, class W>(T, W) {
    test::ok(spc_set_threads(1));
    const auto one = run_cloud<T, W>(33, 20);
    for (const int32_t threads : {2, 3, 7}) {
      test::ok(spc_set_threads(threads));
      EXPECT_TRUE((run_cloud<T, W>(33, 20)) == one) << threads;
    }
  };
  same(BFloat16{}, BFloat16{});
  same(BFloat16{}, float{});
  same(Float16{}, float{});
  test::ok(spc_set_threads(before));
}

TEST_P(Half, Takes_float32_weights_as_if_they_were_rounded_before) {
  const ForcedIsa isa(GetParam());
  const auto mixed = run_cloud<BFloat16, float>(32, 17);
  const auto pure = run_cloud<BFloat16, BFloat16>(32, 17);
  EXPECT_TRUE(mixed.output == pure.output);
  EXPECT_TRUE(mixed.grad_input == pure.grad_input);
  const test::Guarded<BFloat16> rounded(mixed.grad_weight.begin(), mixed.grad_weight.end());
  EXPECT_TRUE(rounded == pure.grad_weight);
}

INSTANTIATE_TEST_SUITE_P(Isa, Half, testing::ValuesIn(test::isas()), [](const auto &info) { return info.param; });

// Products of two 16-bit numbers are exact in float32, so that fusing the addition changes nothing.
TEST(HalfIsa, Instruction_sets_without_products_of_their_own_agree_bit_for_bit) {
  std::vector<std::string> plain;
  for (int32_t i = 0; i < spc_isa_count(); ++i) {
    if (const std::string name = spc_isa_name(i); !multiplies_pairs(name)) plain.push_back(name);
  }
  if (plain.size() < 2) GTEST_SKIP() << "needs two instruction sets without bfloat16";
  const auto run = [&](const std::string &name) {
    const ForcedIsa isa(name);
    return std::pair(run_cloud<BFloat16, float>(33, 19), run_cloud<Float16, float>(33, 19));
  };
  for (const std::string &name : plain) EXPECT_TRUE(run(name) == run(plain[0])) << name;
}

TEST(HalfIsa, Only_weights_and_biases_may_differ_from_the_features) {
  const test::Map map = test::make_map({{0, 0}}, 1);
  const test::Rulebook rulebook = test::make_rulebook(map, map, {{1}, {1}, {1}, {0}});
  test::Workspace space = test::workspace_for(rulebook.get(), SPC_FINE_TO_COARSE, SPC_FORWARD, 1, 1, SPC_BFLOAT16);
  std::vector<BFloat16> x(1), y(1);
  std::vector<double> w(1);
  std::vector<float> wide(1);
  const spc_matrix input = test::view(x, 1, 1), weight = test::view(w, 1, 1), output = test::view(y, 1, 1);
  const spc_matrix single = test::view(wide, 1, 1);
  const auto run = [&](const spc_matrix &kernel, const spc_matrix &to) {
    return spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &input, &kernel, nullptr, nullptr, nullptr,
                                   SPC_IDENTITY, space.data(), space.bytes(), nullptr, &to);
  };
  EXPECT_EQ(run(weight, output), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "weight.element_type is 1, must be 2 or 0");
  EXPECT_EQ(run(single, single), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "output.element_type is 0, must be 2");
  EXPECT_EQ(run(single, output), SPC_OK);
}

}  // namespace
