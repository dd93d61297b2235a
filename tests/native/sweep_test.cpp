// Every element type at many counts of rows, channels and threads: forward, fused, and both gradients, against brute
// force in double with one thread, and bit for bit against that with more.
#include <gtest/gtest.h>

#include <cstring>
#include <numeric>

#include "half.h"
#include "layer.h"
#include "pieces.h"

namespace {

using oracle::Matrix;
using test::BFloat16;
using test::Float16;
using test::ForcedIsa;

// Squared, as error_of measures. 16-bit results are rounded once, by at most a unit roundoff each.
template <class T>
constexpr double kTolerance = 1e-12;
template <>
constexpr double kTolerance<double> = 1e-29;
template <>
constexpr double kTolerance<BFloat16> = 0x1p-16;
template <>
constexpr double kTolerance<Float16> = 0x1p-22;

// Voxels side by side, given in random order, and a kernel of three: taps have `rows` pairs, or one less.
class Line {
 public:
  explicit Line(int64_t rows) : rows_(rows), cloud_(static_cast<std::size_t>(rows)) {
    for (int32_t i = 0; i < rows; ++i) cloud_[static_cast<std::size_t>(i)] = {0, i};
    std::shuffle(cloud_.begin(), cloud_.end(), random_);
    map_ = test::make_map(cloud_, 1);
    rulebook_ = test::make_rulebook(map_, map_, kKernel);
    pairs_ = oracle::pairs(cloud_, cloud_, kKernel);
  }

  template <class T>
  void expect_right(int64_t in, int64_t out) {
    SCOPED_TRACE(std::to_string(rows_) + " rows, " + std::to_string(in) + " to " + std::to_string(out));
    const Matrix input = numbers<T>(rows_ * in), weight = numbers<T>(3 * in * out), scale = numbers<T>(out),
                 bias = numbers<T>(out);
    const Matrix grad = numbers<T>(rows_ * out), residual = numbers<T>(rows_ * out);
    for (const int32_t direction : {SPC_FINE_TO_COARSE, SPC_COARSE_TO_FINE}) {
      const oracle::Run run{pairs_, direction == SPC_COARSE_TO_FINE, rows_, rows_, in, out};
      const auto layer = [&](int32_t threads) {
        test::ok(spc_set_threads(threads));
        return std::pair(
            test::run_layer<T>(rulebook_.get(), direction, rows_, rows_, in, out, input, weight, bias, grad),
            test::run_fused<T>(rulebook_.get(), run, input, weight, scale, bias, residual,
                               {true, true, true, SPC_RELU}));
      };
      const auto [found, fused] = layer(1);
      Matrix expected = oracle::forward(run, input, weight, bias);
      EXPECT_LE(test::error_of(found.output, expected), kTolerance<T>);
      expected = oracle::forward(run, input, weight, Matrix{});
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::size_t column = i % static_cast<std::size_t>(out);
        expected[i] = std::max(expected[i] * scale[column] + bias[column] + residual[i], 0.0);
      }
      EXPECT_LE(test::error_of(fused, expected), kTolerance<T>);
      EXPECT_LE(test::error_of(found.grad_input, oracle::backward_input(run, grad, weight)), kTolerance<T>);
      EXPECT_LE(test::error_of(found.grad_weight, oracle::backward_weight(run, input, grad)), kTolerance<T>);
      EXPECT_LE(test::error_of(found.grad_bias, oracle::backward_bias(run, grad)), kTolerance<T>);
      for (const int32_t threads : {2, 3}) {
        const auto [more, more_fused] = layer(threads);
        EXPECT_TRUE(same_bits(more.output, found.output) && same_bits(more.grad_input, found.grad_input) &&
                    same_bits(more.grad_weight, found.grad_weight) && same_bits(more.grad_bias, found.grad_bias) &&
                    same_bits(more_fused, fused))
            << threads << " threads";
      }
    }
  }

 private:
  template <class T>
  Matrix numbers(int64_t count) {
    return test::stored<T>(oracle::random_matrix(random_, count));
  }

  template <class T>
  static bool same_bits(const test::Guarded<T> &a, const test::Guarded<T> &b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
  }

  inline static const oracle::Geometry kKernel{{3}, {1}, {1}, {1}};
  std::mt19937 random_{31};
  int64_t rows_;
  oracle::Cloud cloud_;
  test::Map map_;
  test::Rulebook rulebook_;
  oracle::Pairs pairs_;
};

class Sweep : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { threads_ = spc_threads(); }
  void TearDown() override { test::ok(spc_set_threads(threads_)); }

  template <class T>
  static void expect_channels() {
    Line line(33);
    for (int64_t channels = 1; channels <= 70; ++channels) line.expect_right<T>(channels, 71 - channels);
    Line few(13);
    few.expect_right<T>(128, 384);
    few.expect_right<T>(384, 128);
  }

  // The last count is enough work for three threads.
  template <class T>
  static void expect_rows() {
    for (const int64_t rows : {0,  1,  2,  5,  6,  7,  11, 12, 13,  15,  16,  17,  23,  24,  25,  31,
                               32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1025}) {
      Line line(rows);
      line.expect_right<T>(17, 20);
      line.expect_right<T>(32, 16);
    }
  }

 private:
  int32_t threads_ = 0;
};

TEST_P(Sweep, Every_channel_count_in_float32) {
  const ForcedIsa isa(GetParam());
  expect_channels<float>();
}

TEST_P(Sweep, Every_channel_count_in_float64) {
  const ForcedIsa isa(GetParam());
  expect_channels<double>();
}

TEST_P(Sweep, Every_channel_count_in_bfloat16) {
  const ForcedIsa isa(GetParam());
  expect_channels<BFloat16>();
}

TEST_P(Sweep, Every_channel_count_in_float16) {
  const ForcedIsa isa(GetParam());
  expect_channels<Float16>();
}

TEST_P(Sweep, Every_row_count_in_float32) {
  const ForcedIsa isa(GetParam());
  expect_rows<float>();
}

TEST_P(Sweep, Every_row_count_in_float64) {
  const ForcedIsa isa(GetParam());
  expect_rows<double>();
}

TEST_P(Sweep, Every_row_count_in_bfloat16) {
  const ForcedIsa isa(GetParam());
  expect_rows<BFloat16>();
}

TEST_P(Sweep, Every_row_count_in_float16) {
  const ForcedIsa isa(GetParam());
  expect_rows<Float16>();
}

INSTANTIATE_TEST_SUITE_P(Isa, Sweep, testing::ValuesIn(test::isas()), [](const auto &info) { return info.param; });

}  // namespace
