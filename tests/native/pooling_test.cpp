// Pooling against brute force over the oracle's pairs.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "handles.h"
#include "oracle.h"

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

Pooled run(const spc_rulebook *rulebook, int32_t direction, int32_t kind, int64_t from, int64_t to, int64_t channels,
           Matrix input, Matrix grad) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Pooled result{Matrix(to * channels, nan), Matrix(from * channels, nan), {}};
  result.saved.resize(saved_size(kind, to, channels), -7);
  const spc_matrix x = test::view(input, from, channels), y = test::view(result.output, to, channels);
  const spc_matrix g = test::view(grad, to, channels), dx = test::view(result.grad_input, from, channels);
  test::ok(spc_pooling_forward(rulebook, direction, kind, &x, result.saved.data(), &y));
  test::ok(spc_pooling_backward(rulebook, direction, kind, &g, result.saved.data(), &dx));
  Matrix again(to * channels, nan);
  const spc_matrix unsaved = test::view(again, to, channels);
  test::ok(spc_pooling_forward(rulebook, direction, kind, &x, nullptr, &unsaved));
  for (std::size_t i = 0; i < again.size(); ++i) {
    EXPECT_TRUE(again[i] == result.output[i] || (std::isnan(again[i]) && std::isnan(result.output[i])));
  }
  return result;
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

TEST(Pooling, is_brute_force_over_the_pairs) {
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
          const Matrix grad = oracle::random_matrix(random, to * channels);
          const Pooled expected = expect(problem, reversed, kind, channels, input, grad);
          const Pooled actual = run(problem.rulebook.get(), reversed ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE, kind,
                                    from, to, channels, input, grad);
          expect_near(actual.output, expected.output);
          expect_near(actual.grad_input, expected.grad_input);
          EXPECT_EQ(actual.saved, expected.saved);
        }
      }
    }
  }
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
      return run(problem.rulebook.get(), SPC_FINE_TO_COARSE, kind, fine, coarse, channels, input, grad);
    };
    EXPECT_EQ(with(1), with(4));
  }
  test::ok(spc_set_threads(before));
}

TEST(Pooling, puts_not_a_number_before_all_and_takes_minus_infinity) {
  const Problem problem = make_problem({{0, 0}, {0, 1}, {0, 4}, {0, 5}}, {{2}, {2}, {1}, {0}});
  const double nan = std::numeric_limits<double>::quiet_NaN(), low = -std::numeric_limits<double>::infinity();
  const Pooled actual =
      run(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_MAX, 4, 2, 1, {3, nan, low, low}, {1, 1});
  EXPECT_EQ(actual.saved, (std::vector<int32_t>{1, 2}));
  EXPECT_TRUE(std::isnan(actual.output[0]));
  EXPECT_EQ(actual.output[1], low);
}

TEST(Pooling, refuses_what_does_not_fit) {
  const Problem problem = make_problem({{0, 0}, {0, 1}}, {{2}, {2}, {1}, {0}});
  Matrix two(2), one(1);
  const spc_matrix x = test::view(two, 2, 1), y = test::view(one, 1, 1);
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, 4, &x, nullptr, &y), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(),
               "kind is 4, must be SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN or SPC_POOL_MEAN_VOLUME");
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), 7, SPC_POOL_SUM, &x, nullptr, &y), SPC_INVALID_ARGUMENT);
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_SUM, &y, nullptr, &y),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "input.rows is 1, must be 2");
  EXPECT_EQ(spc_pooling_backward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_MAX, &y, nullptr, &x),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "saved is NULL, must be what the forward pass wrote");
  spc_matrix half = x;
  half.element_type = SPC_FLOAT16;
  EXPECT_EQ(spc_pooling_forward(problem.rulebook.get(), SPC_FINE_TO_COARSE, SPC_POOL_SUM, &half, nullptr, &y),
            SPC_UNSUPPORTED);
}

}  // namespace
