// Batch norm with residual and ReLU on the device against brute force in double.
#include "cuda/norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "device_matrix.h"
#include "half.h"
#include "layer.h"

namespace {

using namespace spc::cuda;
using oracle::Matrix;
using test::DeviceMatrix;

constexpr double kEpsilon = 1e-3;

// Which of the optional matrices there are, and how the norm is run.
struct Shape {
  int64_t rows, channels;
  bool affine = true, residual = false, rectified = false, of_input = true;
};

struct Inputs {
  Matrix x, weight, bias, residual, grad;
};

struct Results {
  Matrix mean, variance, output, grad_x, grad_weight, grad_bias, grad_residual;
};

template <class T>
using Number = std::conditional_t<std::is_same_v<T, double>, double, float>;

template <class T>
Inputs make_inputs(const Shape &shape, uint32_t seed) {
  std::mt19937 random(seed);
  const int64_t count = shape.rows * shape.channels;
  const auto values = [&](int64_t size) { return oracle::random_matrix(random, size); };
  Inputs result{values(count), {}, {}, {}, test::stored<T>(values(count))};
  // Far from zero in some columns: a sum of squares would drown the variance there.
  for (int64_t i = 0; i < count; ++i) result.x[i] = 3 * result.x[i] + 20 * static_cast<double>(i % shape.channels % 4);
  result.x = test::stored<T>(result.x);
  if (shape.affine) result.weight = test::stored<Number<T>>(values(shape.channels));
  if (shape.affine) result.bias = test::stored<Number<T>>(values(shape.channels));
  if (shape.residual) result.residual = test::stored<T>(values(count));
  return result;
}

// Two passes over each column, in double throughout.
Results brute_force(const Shape &shape, const Inputs &in) {
  const int64_t rows = shape.rows, channels = shape.channels, count = rows * channels;
  Results out{Matrix(channels), Matrix(channels), Matrix(count), Matrix(count),
              Matrix(channels), Matrix(channels), Matrix(count)};
  for (int64_t n = 0; n < channels; ++n) {
    for (int64_t at = n; at < count; at += channels) out.mean[n] += in.x[at] / static_cast<double>(rows);
    for (int64_t at = n; at < count; at += channels)
      out.variance[n] += std::pow(in.x[at] - out.mean[n], 2) / static_cast<double>(rows);
    const double deviation = std::sqrt(out.variance[n] + kEpsilon), weight = shape.affine ? in.weight[n] : 1;
    const auto unit = [&](int64_t at) { return (in.x[at] - out.mean[n]) / deviation; };
    for (int64_t at = n; at < count; at += channels) {
      const double value = unit(at) * weight + (shape.affine ? in.bias[n] : 0) + (shape.residual ? in.residual[at] : 0);
      const bool passes = !shape.rectified || value > 0;
      out.output[at] = passes ? value : 0;
      out.grad_residual[at] = passes ? in.grad[at] : 0;
      out.grad_bias[n] += out.grad_residual[at];
      out.grad_weight[n] += out.grad_residual[at] * unit(at);
    }
    for (int64_t at = n; at < count; at += channels) {
      const double through = (out.grad_bias[n] + unit(at) * out.grad_weight[n]) / static_cast<double>(rows);
      out.grad_x[at] = weight / deviation * (out.grad_residual[at] - (shape.of_input ? through : 0));
    }
  }
  return out;
}

template <class T>
Results on_device(const Queue &queue, const Shape &shape, const Inputs &in, bool in_place) {
  using S = Number<T>;
  const int64_t rows = shape.rows, channels = shape.channels;
  const auto matrix = [&](const Matrix &values) {
    return DeviceMatrix<T>(queue, test::cast<T>(values), rows, values.empty() ? 0 : channels);
  };
  const auto vector = [&](const Matrix &values) {
    return DeviceMatrix<S>(queue, test::cast<S>(values), 1, static_cast<int64_t>(values.size()));
  };
  const DeviceMatrix<T> x = matrix(in.x), residual = matrix(in.residual), grad = matrix(in.grad);
  const DeviceMatrix<T> output(queue, rows, channels), grad_x(queue, rows, channels);
  const DeviceMatrix<T> grad_residual(queue, rows, channels), moved = matrix(in.x);
  const DeviceMatrix<S> weight = vector(in.weight), bias = vector(in.bias);
  const DeviceMatrix<S> mean(queue, 1, channels), variance(queue, 1, channels);
  const DeviceMatrix<S> grad_weight(queue, 1, channels), grad_bias(queue, 1, channels);
  const spc_matrix of_mean = mean.view(), of_variance = variance.view(), of_weight = weight.view();
  const spc_matrix of_bias = bias.view(), of_residual = residual.view(), of_x = grad_x.view();
  const spc_matrix to_weight = grad_weight.view(), to_bias = grad_bias.view(), to_residual = grad_residual.view();
  const spc_matrix result = in_place ? moved.view() : output.view();
  const int32_t activation = shape.rectified ? SPC_RELU : SPC_IDENTITY;
  norm_statistics(queue, x.view(), of_mean, of_variance);
  const spc::NormTerms terms{of_mean, of_variance, kEpsilon, shape.affine ? &of_weight : nullptr,
                             shape.affine ? &of_bias : nullptr};
  norm_forward(queue, in_place ? result : x.view(), terms, shape.residual ? &of_residual : nullptr, activation, result);
  norm_backward(queue, x.view(), terms, shape.of_input ? 1 : 0, activation, shape.residual ? &result : nullptr,
                grad.view(), {&of_x, &to_weight, &to_bias, shape.residual ? &to_residual : nullptr});
  const auto wide = [&](const auto &one) {
    const auto values = one.read(queue);
    return Matrix(values.begin(), values.end());
  };
  return {wide(mean),
          wide(variance),
          wide(in_place ? moved : output),
          wide(grad_x),
          wide(grad_weight),
          wide(grad_bias),
          shape.residual ? wide(grad_residual) : Matrix()};
}

// allowed: of the largest number expected. Elements where ReLU is on the edge tell nothing.
void expect_near(const char *name, const Matrix &found, const Matrix &expected, double allowed) {
  double largest = 1;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  ASSERT_EQ(found.size(), expected.size()) << name;
  for (std::size_t i = 0; i < found.size(); ++i) {
    ASSERT_NEAR(found[i], expected[i], allowed * largest) << name << ", element " << i;
  }
}

std::vector<Shape> shapes() {
  std::vector<Shape> result;
  for (const int64_t rows : {1, 2, 7, 255, 256, 257, 1500}) {
    for (const int64_t channels : {1, 3, 16, 33}) result.push_back({rows, channels});
  }
  result.push_back({33000, 2});  // segments of more than the least
  for (int choice = 0; choice < 16; ++choice) {
    result.push_back(
        {70, choice % 3 == 0 ? 8 : 5, (choice & 1) != 0, (choice & 2) != 0, (choice & 4) != 0, (choice & 8) != 0});
  }
  return result;
}

template <class T>
class DeviceNorm : public testing::Test {};
using Types = testing::Types<float, double, test::BFloat16, test::Float16>;
TYPED_TEST_SUITE(DeviceNorm, Types);

TYPED_TEST(DeviceNorm, Is_brute_force) {
  using T = TypeParam;
  const double sums = std::is_same_v<T, double> ? 1e-12 : 2e-5;
  const double once = std::is_same_v<T, test::BFloat16> ? 0x1p-8 : std::is_same_v<T, test::Float16> ? 0x1p-11 : sums;
  const Queue queue(0, nullptr);
  for (const Shape &shape : shapes()) {
    SCOPED_TRACE(testing::Message() << shape.rows << " rows, " << shape.channels << " channels, affine " << shape.affine
                                    << ", residual " << shape.residual << ", rectified " << shape.rectified
                                    << ", of input " << shape.of_input);
    const Inputs inputs = make_inputs<T>(shape, 61);
    const Results expected = brute_force(shape, inputs);
    const Results found = on_device<T>(queue, shape, inputs, false);
    expect_near("mean", found.mean, expected.mean, sums);
    expect_near("variance", found.variance, expected.variance, sums);
    expect_near("output", found.output, expected.output, once + sums);
    expect_near("grad_input", found.grad_x, expected.grad_x, once + sums);
    expect_near("grad_weight", found.grad_weight, expected.grad_weight, sums);
    expect_near("grad_bias", found.grad_bias, expected.grad_bias, sums);
    if (shape.residual) expect_near("grad_residual", found.grad_residual, expected.grad_residual, once);
    EXPECT_EQ(on_device<T>(queue, shape, inputs, true).output, found.output) << "in place";
  }
}

TEST(DeviceNorm, Of_no_rows_has_gradients_of_zero_and_no_statistics) {
  const Queue queue(0, nullptr);
  const DeviceMatrix<float> none(queue, 0, 4), ones(queue, std::vector<float>(4, 1), 1, 4);
  const DeviceMatrix<float> grad_weight(queue, 1, 4), grad_bias(queue, 1, 4);
  const spc_matrix empty = none.view(), one = ones.view(), weight = grad_weight.view(), bias = grad_bias.view();
  const spc::NormTerms terms{one, one, kEpsilon, nullptr, nullptr};
  norm_forward(queue, empty, terms, nullptr, SPC_IDENTITY, empty);
  norm_backward(queue, empty, terms, 1, SPC_IDENTITY, nullptr, empty, {&empty, &weight, &bias, nullptr});
  EXPECT_EQ(grad_weight.read(queue), std::vector<float>(4, 0));
  EXPECT_EQ(grad_bias.read(queue), std::vector<float>(4, 0));
  try {
    norm_statistics(queue, empty, one, one);
    FAIL() << "nothing has a mean";
  } catch (const spc::Error &error) {
    EXPECT_STREQ(error.what(), "input.rows is 0, must be 1 or more");
  }
}

}  // namespace
