// Pooling against brute force over the oracle's pairs.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "half.h"
#include "layer.h"
#include "oracle.h"
#include "pieces.h"

namespace {

using oracle::Geometry;
using oracle::Matrix;

struct Pooled {
  Matrix output, grad_input;
  std::vector<int32_t> saved;

  bool operator==(const Pooled &) const = default;
};

struct Problem {
  oracle::Cloud coarse_sites, fine_sites;
  oracle::Pairs pairs;
  test::Rulebook rulebook;
};

Problem make_problem(const oracle::Cloud &cloud, const Geometry &geometry) {
  const test::Map fine = test::make_map(cloud, geometry.dimensions());
  const test::Map coarse = test::coarsen(fine, geometry, SPC_DILATE, {});
  oracle::Cloud sites = test::coordinates(coarse);
  oracle::Pairs pairs = oracle::pairs(sites, cloud, geometry);
  return {sites, cloud, pairs, test::make_rulebook(coarse, fine, geometry)};
}

int64_t saved_size(int32_t kind, int64_t rows, int64_t channels) {
  return kind == SPC_POOL_MAX ? rows * channels : kind == SPC_POOL_MEAN ? rows : 0;
}

// In elements of type T, which the numbers given are rounded to.
template <class T = double>
Pooled run(const spc_rulebook *rulebook, int32_t direction, int32_t kind, int64_t from, int64_t to, int64_t channels,
           const Matrix &input, const Matrix &grad) {
  const T nan(std::numeric_limits<double>::quiet_NaN());
  test::Guarded<T> values = test::guarded<T>(input), gradient = test::guarded<T>(grad);
  test::Guarded<T> output(to * channels, nan), again(to * channels, nan), grad_input(from * channels, nan);
  std::vector<int32_t> saved(saved_size(kind, to, channels), -7);
  const spc_matrix x = test::view(values, from, channels), y = test::view(output, to, channels);
  const spc_matrix g = test::view(gradient, to, channels), dx = test::view(grad_input, from, channels);
  test::ok(spc_pooling_forward(rulebook, direction, kind, &x, nullptr, saved.data(), &y));
  test::ok(spc_pooling_backward(rulebook, direction, kind, &g, saved.data(), nullptr, &dx));
  const spc_matrix unsaved = test::view(again, to, channels);
  test::ok(spc_pooling_forward(rulebook, direction, kind, &x, nullptr, nullptr, &unsaved));
  for (std::size_t i = 0; i < again.size(); ++i) {
    const double one = again[i], other = output[i];
    EXPECT_TRUE(one == other || (std::isnan(one) && std::isnan(other)));
  }
  return {Matrix(output.begin(), output.end()), Matrix(grad_input.begin(), grad_input.end()), saved};
}

Pooled expect(const Problem &problem, bool reversed, int32_t kind, int64_t channels, const Matrix &input,
              const Matrix &grad) {
  const auto coarse = static_cast<int64_t>(problem.coarse_sites.size());
  const auto fine = static_cast<int64_t>(problem.fine_sites.size());
  const int64_t from = reversed ? coarse : fine, to = reversed ? fine : coarse;
  Pooled result{Matrix(to * channels), Matrix(from * channels), {}};
  result.saved.resize(saved_size(kind, to, channels));
  std::vector<std::vector<int64_t>> read(to);
  for (const auto &tap : problem.pairs) {
    for (const auto &[c, f] : tap) read[reversed ? f : c].push_back(reversed ? c : f);
  }
  for (int64_t o = 0; o < to; ++o) {
    const auto count = static_cast<int64_t>(read[o].size());
    if (kind == SPC_POOL_MEAN) result.saved[o] = static_cast<int32_t>(count);
    for (int64_t n = 0; n < channels; ++n) {
      int64_t best = -1;
      double sum = 0;
      for (const int64_t i : read[o]) {
        const double value = input[i * channels + n];
        sum += value;
        if (best < 0 || value > input[best * channels + n] || (value == input[best * channels + n] && i < best))
          best = i;
      }
      const double divisor = kind == SPC_POOL_MEAN          ? static_cast<double>(std::max<int64_t>(count, 1))
                             : kind == SPC_POOL_MEAN_VOLUME ? static_cast<double>(problem.pairs.size())
                                                            : 1.0;
      if (kind == SPC_POOL_MAX) {
        result.saved[o * channels + n] = static_cast<int32_t>(best);
        result.output[o * channels + n] = best < 0 ? 0 : input[best * channels + n];
        if (best >= 0) result.grad_input[best * channels + n] += grad[o * channels + n];
      } else {
        result.output[o * channels + n] = sum / divisor;
        for (const int64_t i : read[o]) result.grad_input[i * channels + n] += grad[o * channels + n] / divisor;
      }
    }
  }
  return result;
}

void expect_near(const Matrix &actual, const Matrix &expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], 1e-12) << "element " << i;
}

const Geometry kGeometries[] = {
    {{2, 2, 2}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}},
    {{3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}},
    {{3, 2, 3}, {1, 1, 1}, {2, 1, 1}, {2, 0, 1}},
    {{2}, {3}, {1}, {0}},
};

// Brute force over the numbers as they are stored; near says how results compare.
template <class T, class Compare>
void expect_brute_force(const Compare &near) {
  std::mt19937 random(31);
  for (const Geometry &geometry : kGeometries) {
    for (const int64_t count : {0, 1, 700}) {
      const int32_t extent = geometry.dimensions() == 1 ? 2000 : 14;
      const Problem problem =
          make_problem(oracle::random_cloud(random, geometry.dimensions(), count, -6, extent, 2), geometry);
      const auto coarse = static_cast<int64_t>(problem.coarse_sites.size());
      for (const bool reversed : {false, true}) {
        for (const int32_t kind : {SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN, SPC_POOL_MEAN_VOLUME}) {
          const int64_t channels = 5, from = reversed ? coarse : count, to = reversed ? count : coarse;
          Matrix input = oracle::random_matrix(random, from * channels);
          // Coarse steps, so that there are ties, and all below zero in one channel.
          for (std::size_t i = 0; i < input.size(); ++i) input[i] = std::floor(4 * input[i]) - (i % 5 == 0 ? 9 : 0);
          const Matrix grad = test::stored<T>(oracle::random_matrix(random, to * channels));
          const Pooled expected = expect(problem, reversed, kind, channels, input, grad);
          const Pooled actual = run<T>(problem.rulebook.get(), reversed ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE, kind,
                                       from, to, channels, input, grad);
          near(actual.output, expected.output);
          near(actual.grad_input, expected.grad_input);
          EXPECT_EQ(actual.saved, expected.saved);
        }
      }
    }
  }
}

// Every number is what float32 sums give, rounded once to so many significant bits.
struct RoundedOnce {
  int significant;
  void operator()(const Matrix &actual, const Matrix &expected) const {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      const double allowed = std::ldexp(std::fabs(expected[i]), -significant) + 1e-5;
      ASSERT_NEAR(actual[i], expected[i], allowed) << "element " << i;
    }
  }
};

class PoolingIsa : public testing::TestWithParam<std::string> {};

TEST_P(PoolingIsa, is_brute_force_over_the_pairs) {
  const test::ForcedIsa isa(GetParam());
  expect_brute_force<double>(expect_near);
}

TEST_P(PoolingIsa, of_16_bits_is_brute_force_rounded_once) {
  const test::ForcedIsa isa(GetParam());
  expect_brute_force<test::BFloat16>(RoundedOnce{8});
  expect_brute_force<test::Float16>(RoundedOnce{11});
}

INSTANTIATE_TEST_SUITE_P(, PoolingIsa, testing::ValuesIn(test::isas()));

// A thousand ones: in bfloat16 itself the sum would stay at 256.
TEST(Pooling, of_16_bits_adds_up_in_float32) {
  oracle::Cloud cloud;
  for (int32_t i = 0; i < 1000; ++i) cloud.push_back({0, i});
  const Problem problem = make_problem(cloud, {{1000}, {1000}, {1}, {0}});
  const auto pool = [&](int32_t kind) {
    return run<test::BFloat16>(problem.rulebook.get(), SPC_FINE_TO_COARSE, kind, 1000, 1, 1, Matrix(1000, 1.0), {1})
        .output[0];
  };
  EXPECT_EQ(pool(SPC_POOL_SUM), 1000);
  EXPECT_EQ(pool(SPC_POOL_MEAN), 1);
}

TEST(Pooling, has_the_same_bits_for_any_number_of_threads) {
  std::mt19937 random(32);
  const oracle::Cloud cloud = oracle::random_cloud(random, 3, 20000, 0, 60, 1);
  const Problem problem = make_problem(cloud, kGeometries[1]);
  const auto coarse = static_cast<int64_t>(problem.coarse_sites.size()), fine = static_cast<int64_t>(cloud.size());
  const int64_t channels = 16;
  const Matrix input = oracle::random_matrix(random, fine * channels);
  const Matrix grad = oracle::random_matrix(random, coarse * channels);
  const int32_t before = spc_threads();
  for (const int32_t kind : {SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN}) {
    const auto with = [&](int32_t threads) {
      test::ok(spc_set_threads(threads));
      return std::pair(
          run(problem.rulebook.get(), SPC_FINE_TO_COARSE, kind, fine, coarse, channels, input, grad),
          run<test::Float16>(problem.rulebook.get(), SPC_FINE_TO_COARSE, kind, fine, coarse, channels, input, grad));
    };
    EXPECT_TRUE(with(1) == with(4));
  }
  test::ok(spc_set_threads(before));
}

TEST(Pooling, puts_not_a_number_before_all_and_takes_minus_infinity) {
  const Problem problem = make_problem({{0, 0}, {0, 1}, {0, 4}, {0, 5}}, {{2}, {2}, {1}, {0}});
  const double nan = std::numeric_limits<double>::quiet_NaN(), low = -std::numeric_limits<double>::infinity();
  const auto expect_order = [&]<class T>(T) {
    const Pooled actual =
        run<T>(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_MAX, 4, 2, 1, {3, nan, low, low}, {1, 1});
    EXPECT_EQ(actual.saved, (std::vector<int32_t>{1, 2}));
    EXPECT_TRUE(std::isnan(actual.output[0]));
    EXPECT_EQ(actual.output[1], low);
  };
  expect_order(double{});
  expect_order(test::BFloat16{});
  expect_order(test::Float16{});
}

TEST(Pooling, refuses_what_does_not_fit) {
  const Problem problem = make_problem({{0, 0}, {0, 1}}, {{2}, {2}, {1}, {0}});
  Matrix two(2), one(1);
  const spc_matrix x = test::view(two, 2, 1), y = test::view(one, 1, 1);
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, 4, &x, nullptr, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(),
               "kind is 4, must be SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN or SPC_POOL_MEAN_VOLUME");
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), 7, SPC_POOL_SUM, &x, nullptr, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_SUM, &y, nullptr, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "input.rows is 1, must be 2");
  EXPECT_EQ(spc_pooling_backward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_MAX, &y, nullptr, nullptr, &x),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "saved is NULL, must be what the forward pass wrote");
  spc_matrix other = x;
  other.element_type = SPC_FLOAT16;
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_SUM, &other, nullptr, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "output.element_type is 1, must be 3");
  other.element_type = 4;
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_SUM, &other, nullptr, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "element type is 4, there is no such type");
}

}  // namespace
