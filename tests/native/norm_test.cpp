// Batch norm with residual and ReLU against brute force in double, and its gradients against central differences.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "half.h"
#include "layer.h"
#include "oracle.h"
#include "pieces.h"

namespace {

using oracle::Matrix;

constexpr double kEpsilon = 1e-3;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

template <class T>
struct SumOf {
  using Type = float;
};
template <>
struct SumOf<double> {
  using Type = double;
};
template <class T>
using Sum = typename SumOf<T>::Type;

// Which of the optional matrices there are, and how the norm is run.
struct Shape {
  int64_t rows, channels;
  bool affine = true, residual = false, rectified = false, of_input = true;
};

struct Inputs {
  Matrix x, weight, bias, residual, grad;
};

template <class T>
Inputs make_inputs(const Shape &shape, uint32_t seed) {
  std::mt19937 random(seed);
  const int64_t count = shape.rows * shape.channels;
  Inputs result{oracle::random_matrix(random, count), {}, {}, {}, oracle::random_matrix(random, count)};
  for (int64_t i = 0; i < count; ++i) result.x[i] = 3 * result.x[i] + 2 * static_cast<double>(i % shape.channels);
  if (shape.affine) {
    result.weight = test::stored<Sum<T>>(oracle::random_matrix(random, shape.channels));
    result.bias = test::stored<Sum<T>>(oracle::random_matrix(random, shape.channels));
  }
  if (shape.residual) result.residual = test::stored<T>(oracle::random_matrix(random, count));
  result.x = test::stored<T>(result.x);
  result.grad = test::stored<T>(result.grad);
  return result;
}

struct Results {
  Matrix mean, variance, output, grad_x, grad_weight, grad_bias, grad_residual;

  bool operator==(const Results &) const = default;
};

// Two passes over each column, in double throughout.
Results brute_force(const Shape &shape, const Inputs &in) {
  const int64_t rows = shape.rows, channels = shape.channels;
  Results out{Matrix(channels), Matrix(channels), Matrix(rows * channels), Matrix(rows * channels),
              Matrix(channels), Matrix(channels), Matrix(rows * channels)};
  for (int64_t n = 0; n < channels; ++n) {
    for (int64_t i = 0; i < rows; ++i) out.mean[n] += in.x[i * channels + n] / static_cast<double>(rows);
    for (int64_t i = 0; i < rows; ++i)
      out.variance[n] += std::pow(in.x[i * channels + n] - out.mean[n], 2) / static_cast<double>(rows);
    const double deviation = std::sqrt(out.variance[n] + kEpsilon), weight = shape.affine ? in.weight[n] : 1;
    const auto unit = [&](int64_t at) { return (in.x[at] - out.mean[n]) / deviation; };
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t at = i * channels + n;
      const double value = unit(at) * weight + (shape.affine ? in.bias[n] : 0) + (shape.residual ? in.residual[at] : 0);
      const bool passes = !shape.rectified || value > 0;
      out.output[at] = passes ? value : 0;
      out.grad_residual[at] = passes ? in.grad[at] : 0;
      out.grad_bias[n] += out.grad_residual[at];
      out.grad_weight[n] += out.grad_residual[at] * unit(at);
    }
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t at = i * channels + n;
      const double through = (out.grad_bias[n] + unit(at) * out.grad_weight[n]) / static_cast<double>(rows);
      out.grad_x[at] = weight / deviation * (out.grad_residual[at] - (shape.of_input ? through : 0));
    }
  }
  return out;
}

// Outputs start as NaN, so that what is not overwritten shows. in_place: the output takes the input's memory.
template <class T>
Results run(const Shape &shape, const Inputs &in, bool in_place = false) {
  using S = Sum<T>;
  const int64_t rows = shape.rows, channels = shape.channels;
  const auto fresh = [](auto like, int64_t count) {
    return test::Guarded<decltype(like)>(static_cast<std::size_t>(count), decltype(like)(kNan));
  };
  test::Guarded<T> x = test::guarded<T>(in.x), residual = test::guarded<T>(in.residual),
                   grad = test::guarded<T>(in.grad);
  test::Guarded<T> output = fresh(T{}, rows * channels), grad_x = output, grad_residual = output;
  test::Guarded<S> weight = test::guarded<S>(in.weight), bias = test::guarded<S>(in.bias);
  test::Guarded<S> mean = fresh(S{}, channels), variance = mean, grad_weight = mean, grad_bias = mean;
  const auto row = [&](test::Guarded<S> &values) { return test::view(values, 1, channels); };
  const auto matrix = [&](test::Guarded<T> &values) { return test::view(values, rows, channels); };
  const spc_matrix x_view = matrix(x), residual_view = matrix(residual), grad_view = matrix(grad);
  const spc_matrix output_view = in_place ? x_view : matrix(output), grad_x_view = matrix(grad_x);
  const spc_matrix grad_residual_view = matrix(grad_residual), weight_view = row(weight), bias_view = row(bias);
  const spc_matrix mean_view = row(mean), variance_view = row(variance), grad_weight_view = row(grad_weight);
  const spc_matrix grad_bias_view = row(grad_bias);
  const spc_matrix *const w = shape.affine ? &weight_view : nullptr, *const b = shape.affine ? &bias_view : nullptr;
  const spc_matrix *const r = shape.residual ? &residual_view : nullptr;
  const int32_t activation = shape.rectified ? SPC_RELU : SPC_IDENTITY;
  test::ok(spc_norm_statistics(&x_view, nullptr, &mean_view, &variance_view));
  test::ok(spc_norm_forward(&x_view, &mean_view, &variance_view, kEpsilon, w, b, r, activation, nullptr, &output_view));
  if (in_place) output = std::exchange(x, test::guarded<T>(in.x));
  const spc_matrix original = matrix(x), saved = matrix(output);
  test::ok(spc_norm_backward(&original, &mean_view, &variance_view, kEpsilon, w, b, r != nullptr ? &saved : nullptr,
                             activation, shape.of_input ? SPC_NORM_OF_INPUT : SPC_NORM_GIVEN, &grad_view, nullptr,
                             &grad_x_view, &grad_weight_view, &grad_bias_view,
                             r != nullptr ? &grad_residual_view : nullptr));
  const auto wide = [](const auto &values) { return Matrix(values.begin(), values.end()); };
  return {wide(mean),
          wide(variance),
          wide(output),
          wide(grad_x),
          wide(grad_weight),
          wide(grad_bias),
          shape.residual ? wide(grad_residual) : Matrix{}};
}

std::vector<Shape> shapes() {
  std::vector<Shape> result;
  for (const int64_t rows : {1, 2, 3, 4, 5, 7, 511, 512, 513, 1500}) {
    for (const int64_t channels : {1, 3, 16, 17}) result.push_back({rows, channels});
  }
  for (const bool affine : {false, true}) {
    for (const bool residual : {false, true}) {
      for (const bool rectified : {false, true}) {
        for (const bool of_input : {false, true}) result.push_back({70, 5, affine, residual, rectified, of_input});
      }
    }
  }
  return result;
}

template <class T>
void expect_brute_force(double allowed) {
  for (const Shape &shape : shapes()) {
    const Inputs inputs = make_inputs<T>(shape, 41);
    const Results expected = brute_force(shape, inputs), actual = run<T>(shape, inputs);
    const auto near = [&](const Matrix &found, const Matrix &wanted, const char *what) {
      EXPECT_LT(test::error_of(found, wanted), allowed)
          << what << " of " << shape.rows << " x " << shape.channels << (shape.affine ? " affine" : "")
          << (shape.residual ? " residual" : "") << (shape.rectified ? " rectified" : "");
    };
    for (int64_t n = 0; n < shape.channels; ++n) {
      const double size = std::fabs(expected.mean[n]) + std::sqrt(expected.variance[n]);
      EXPECT_NEAR(actual.mean[n], expected.mean[n], std::sqrt(allowed) * size) << "mean of column " << n;
    }
    near(actual.output, expected.output, "output");
    if (shape.residual) near(actual.grad_residual, expected.grad_residual, "gradient of residual");
    near(actual.grad_bias, expected.grad_bias, "gradient of bias");
    if (shape.rows <= 3) continue;  // what is left of so few rows is mostly rounding
    near(actual.variance, expected.variance, "variance");
    near(actual.grad_weight, expected.grad_weight, "gradient of weight");
    near(actual.grad_x, expected.grad_x, "gradient of input");
  }
}

class NormIsa : public testing::TestWithParam<std::string> {};

TEST_P(NormIsa, is_brute_force_for_every_shape) {
  const test::ForcedIsa isa(GetParam());
  expect_brute_force<double>(1e-24);
  expect_brute_force<float>(1e-11);
}

TEST_P(NormIsa, of_16_bits_is_rounded_once) {
  const test::ForcedIsa isa(GetParam());
  expect_brute_force<test::BFloat16>(1e-5);
  expect_brute_force<test::Float16>(1e-7);
}

INSTANTIATE_TEST_SUITE_P(, NormIsa, testing::ValuesIn(test::isas()));

// Of the sum of output * grad.
double loss(const Shape &shape, const Inputs &inputs) {
  const Matrix output = run<double>(shape, inputs).output;
  double sum = 0;
  for (std::size_t i = 0; i < output.size(); ++i) sum += output[i] * inputs.grad[i];
  return sum;
}

TEST(Norm, gradients_are_central_differences) {
  for (const bool rectified : {false, true}) {
    for (const bool residual : {false, true}) {
      const Shape shape{9, 3, true, residual, rectified, true};
      Inputs inputs = make_inputs<double>(shape, 42);
      const Results actual = run<double>(shape, inputs);
      const auto expect_gradient = [&](Matrix &values, const Matrix &gradient) {
        for (std::size_t i = 0; i < values.size(); ++i) {
          const double step = 1e-6, before = values[i];
          values[i] = before + step;
          const double above = loss(shape, inputs);
          values[i] = before - step;
          const double below = loss(shape, inputs);
          values[i] = before;
          EXPECT_NEAR(gradient[i], (above - below) / (2 * step), 1e-7) << "element " << i;
        }
      };
      expect_gradient(inputs.x, actual.grad_x);
      expect_gradient(inputs.weight, actual.grad_weight);
      expect_gradient(inputs.bias, actual.grad_bias);
      expect_gradient(inputs.residual, actual.grad_residual);
    }
  }
}

TEST(Norm, may_write_over_its_input) {
  for (const bool residual : {false, true}) {
    const Shape shape{300, 13, true, residual, true};
    const auto expect_same = [&]<class T>(T) {
      const Inputs inputs = make_inputs<T>(shape, 43);
      EXPECT_TRUE(run<T>(shape, inputs, true) == run<T>(shape, inputs));
    };
    expect_same(float{});
    expect_same(test::BFloat16{});
  }
}

TEST(Norm, has_the_same_bits_for_any_number_of_threads) {
  const int32_t before = spc_threads();
  const Shape shape{20000, 19, true, true, true};
  const auto with = [&](int32_t threads) {
    test::ok(spc_set_threads(threads));
    return std::pair(run<float>(shape, make_inputs<float>(shape, 44)),
                     run<test::Float16>(shape, make_inputs<test::Float16>(shape, 44)));
  };
  const auto alone = with(1);
  for (const int32_t threads : {2, 3, 5}) EXPECT_TRUE(with(threads) == alone) << threads << " threads";
  test::ok(spc_set_threads(before));
}

// A thousand standard deviations from zero: the square of the mean must not drown the variance.
TEST(Norm, keeps_the_variance_of_numbers_far_from_zero) {
  std::mt19937 random(45);
  Matrix x = oracle::random_matrix(random, 5000);
  for (double &value : x) value = 1e6 + value;
  const Shape shape{5000, 1, false};
  Inputs inputs{x, {}, {}, {}, Matrix(5000, 1.0)};
  EXPECT_LT(test::error_of(run<double>(shape, inputs).variance, brute_force(shape, inputs).variance), 1e-20);
}

TEST(Norm, spoils_only_the_columns_of_what_is_not_finite) {
  const Shape shape{600, 3, true, false, true};
  Inputs inputs = make_inputs<float>(shape, 46);
  const Results clean = run<float>(shape, inputs);
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    for (const int64_t row : {0, 599}) {
      Inputs spoiled = inputs;
      spoiled.x[row * 3 + 1] = bad;
      const Results actual = run<float>(shape, spoiled);
      EXPECT_TRUE(std::isnan(bad) ? std::isnan(actual.mean[1]) : actual.mean[1] == bad);
      EXPECT_TRUE(std::isnan(actual.variance[1]));
      for (int64_t i = 0; i < 600; ++i) {
        EXPECT_TRUE(std::isnan(actual.output[i * 3 + 1]) && std::isnan(actual.grad_x[i * 3 + 1]));
        EXPECT_EQ(actual.output[i * 3], clean.output[i * 3]);
        EXPECT_EQ(actual.grad_x[i * 3 + 2], clean.grad_x[i * 3 + 2]);
      }
    }
  }
}

TEST(Norm, takes_no_rows_with_given_statistics_and_refuses_them_for_its_own) {
  std::vector<float> none, mean{1}, variance{2}, grad_weight{7};
  const spc_matrix x = test::view(none, 0, 1), m = test::view(mean, 1, 1), v = test::view(variance, 1, 1);
  const spc_matrix dw = test::view(grad_weight, 1, 1);
  EXPECT_EQ(spc_norm_statistics(&x, nullptr, &m, &v), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "input.rows is 0, must be 1 or more");
  test::ok(spc_norm_forward(&x, &m, &v, 0, nullptr, nullptr, nullptr, SPC_RELU, nullptr, &x));
  test::ok(spc_norm_backward(&x, &m, &v, 0, nullptr, nullptr, nullptr, SPC_RELU, SPC_NORM_OF_INPUT, &x, nullptr, &x,
                             &dw, nullptr, nullptr));
  EXPECT_EQ(grad_weight[0], 0);
}

TEST(Norm, refuses_what_does_not_fit) {
  std::vector<float> two(2), one(1);
  const spc_matrix x = test::view(two, 1, 2), v = test::view(two, 1, 2), narrow = test::view(one, 1, 1);
  const auto forward = [&](const spc_matrix &mean, int32_t activation, const spc_matrix &output) {
    return spc_norm_forward(&x, &mean, &v, 0, nullptr, nullptr, nullptr, activation, nullptr, &output);
  };
  EXPECT_EQ(forward(narrow, SPC_RELU, x), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "mean.columns is 1, must be 2");
  EXPECT_EQ(forward(v, 2, x), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "activation is 2, must be SPC_IDENTITY or SPC_RELU");
  EXPECT_EQ(forward(v, SPC_RELU, narrow), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "output.columns is 1, must be 2");
  spc_matrix wide = v;
  wide.element_type = SPC_FLOAT64;
  EXPECT_EQ(forward(wide, SPC_RELU, x), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "mean.element_type is 1, must be 0");
  EXPECT_EQ(spc_norm_backward(&x, &v, &v, 0, nullptr, nullptr, nullptr, SPC_RELU, 2, &x, nullptr, nullptr, nullptr,
                              nullptr, nullptr),
            SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "statistics is 2, must be SPC_NORM_GIVEN or SPC_NORM_OF_INPUT");
  EXPECT_EQ(spc_norm_statistics(nullptr, nullptr, &v, &v), SPC_INVALID_ARGUMENT);
  EXPECT_STREQ(spc_last_error(), "input is NULL");
}

}  // namespace
