// Convolution on a GPU or its double, forward and all gradients, against brute force in double.
#include <gtest/gtest.h>

#include <cstring>

#include "cuda/convolution.h"
#include "cuda/forward_pass.h"
#include "cuda/weight_pass.h"
#include "half.h"
#include "layer.h"
#include "route_by_hand.h"

namespace {

using namespace spc::cuda;
using oracle::Matrix;
using test::BFloat16;
using test::Float16;
using test::Layout;
using test::Pieces;
using test::strided;
using test::submanifold;

// Squared: sums are those of float32 or double, and 16-bit results are rounded once.
template <class T>
constexpr double kTolerance = 1e-12;
template <>
constexpr double kTolerance<double> = 1e-29;
template <>
constexpr double kTolerance<BFloat16> = 0x1p-16;
template <>
constexpr double kTolerance<Float16> = 0x1p-22;

// A matrix on the device; one that is written starts as not-a-number.
template <class T>
class Placed {
 public:
  Placed(const Queue &queue, const Matrix &values, int64_t rows, int64_t columns)
      : memory_(test::upload(queue, test::cast<T>(values))),
        view_{memory_.data(), rows, columns, test::kTypeOf<T>, 0} {}
  Placed(const Queue &queue, int64_t rows, int64_t columns)
      : memory_(queue, rows * columns), view_{memory_.data(), rows, columns, test::kTypeOf<T>, 0} {}
  const spc_matrix &view() const { return view_; }
  std::vector<T> read(const Queue &queue) const { return test::download(queue, memory_); }

 private:
  Buffer<T> memory_;
  spc_matrix view_;
};

struct Shape {
  int64_t in, out;
  int64_t groups = 1;
};

struct Extras {
  bool scale = false, bias = true, residual = false, rectify = false;
};

// The numbers that go into a layer, as they are stored.
struct Numbers {
  Matrix input, weight, scale, bias, residual, grad;
};

template <class T, class W>
Numbers draw(const oracle::Run &run, int64_t taps, const Extras &extras) {
  std::mt19937 random(99);
  Numbers numbers;
  numbers.input = test::stored<T>(oracle::random_matrix(random, run.from_rows * run.in));
  numbers.weight = oracle::random_matrix(random, taps * (run.in / run.groups) * run.out);
  if (extras.scale) numbers.scale = test::stored<W>(oracle::random_matrix(random, run.out));
  if (extras.bias) numbers.bias = test::stored<W>(oracle::random_matrix(random, run.out));
  if (extras.residual) numbers.residual = test::stored<T>(oracle::random_matrix(random, run.to_rows * run.out));
  numbers.grad = test::stored<T>(oracle::random_matrix(random, run.to_rows * run.out));
  return numbers;
}

Channels channels_of(const oracle::Run &run, int32_t type) {
  return {run.groups, run.in / run.groups, run.out / run.groups, type};
}

template <class T, class W>
std::vector<T> run_forward_pass(const Queue &queue, const Route &route, const oracle::Run &run, const Numbers &numbers,
                                const Extras &extras, const ForwardTile *forced) {
  const Channels channels = channels_of(run, test::kTypeOf<T>);
  const Placed<T> input(queue, numbers.input, run.from_rows, run.in), output(queue, run.to_rows, run.out);
  const Placed<W> weight(queue, numbers.weight, route.taps * channels.in, run.out),
      scale(queue, numbers.scale, 1, run.out), bias(queue, numbers.bias, 1, run.out);
  const Placed<T> residual(queue, numbers.residual, run.to_rows, run.out);
  const Buffer<char> workspace(
      queue, forward_workspace({route.taps, run.from_rows, run.to_rows, route.has_table()}, channels));
  const spc::Epilogue epilogue{extras.scale ? &scale.view() : nullptr, extras.bias ? &bias.view() : nullptr,
                               extras.residual ? &residual.view() : nullptr, extras.rectify ? SPC_RELU : SPC_IDENTITY};
  const ForwardPass pass{route, channels, input.view().data, weight.view(), false, epilogue, output.view().data};
  run_forward(queue, pass, forced != nullptr ? *forced : choose_forward_tile(queue, pass, workspace.data()),
              workspace.data());
  return output.read(queue);
}

template <class T, class W>
std::vector<T> run_backward_pass(const Queue &queue, const Route &reversed, const oracle::Run &run,
                                 const Numbers &numbers, const ForwardTile *forced) {
  const Channels channels = channels_of(run, test::kTypeOf<T>).reversed();
  const Placed<T> grad(queue, numbers.grad, run.to_rows, run.out), grad_input(queue, run.from_rows, run.in);
  const Placed<W> weight(queue, numbers.weight, reversed.taps * channels.out, run.out);
  const Buffer<char> workspace(
      queue, forward_workspace({reversed.taps, run.to_rows, run.from_rows, reversed.has_table()}, channels));
  const ForwardPass pass{reversed, channels, grad.view().data, weight.view(), true, {}, grad_input.view().data};
  run_forward(queue, pass, forced != nullptr ? *forced : choose_forward_tile(queue, pass, workspace.data()),
              workspace.data());
  return grad_input.read(queue);
}

template <class W>
struct WeightGradients {
  std::vector<W> weight, bias;
  bool operator==(const WeightGradients &) const = default;
};

template <class T, class W>
WeightGradients<W> run_weight_pass(const Queue &queue, const Route &route, const oracle::Run &run,
                                   const Numbers &numbers, const WeightTile *forced) {
  const Channels channels = channels_of(run, test::kTypeOf<T>);
  const Placed<T> input(queue, numbers.input, run.from_rows, run.in), grad(queue, numbers.grad, run.to_rows, run.out);
  const Placed<W> grad_weight(queue, route.taps * channels.in, run.out), grad_bias(queue, 1, run.out);
  const Buffer<char> workspace(queue,
                               weight_workspace({route.taps, route.pairs(), run.from_rows, run.to_rows}, channels));
  const WeightPass pass{route, channels, input.view().data, grad.view().data, grad_weight.view(), &grad_bias.view()};
  run_weight(queue, pass, forced != nullptr ? *forced : choose_weight_tile(queue, pass, workspace.data()),
             workspace.data());
  return {grad_weight.read(queue), grad_bias.read(queue)};
}

// While it lives, float32 may be rounded to TF32.
class Tf32 {
 public:
  Tf32() { allow_tf32(true); }
  ~Tf32() { allow_tf32(false); }
};

template <class W>
std::vector<uint64_t> bits_of(const std::vector<W> &values) {
  std::vector<uint64_t> bits(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) std::memcpy(&bits[i], &values[i], sizeof(W));
  return bits;
}

oracle::Run run_along(const Pieces &pieces, const oracle::Pairs &pairs, bool reversed, const Shape &shape) {
  const auto fine = static_cast<int64_t>(pieces.fine.size()), coarse = static_cast<int64_t>(pieces.coarse.size());
  return {pairs, reversed, reversed ? coarse : fine, reversed ? fine : coarse, shape.in, shape.out, shape.groups};
}

// One layer in both directions, in every shape of the kernels where all_shapes says so: those must agree in every bit.
template <class T, class W = T>
void expect_layer(const Pieces &pieces, const Shape &shape, Layout layout = Layout::table, const Extras &extras = {},
                  bool all_shapes = false, double tolerance = kTolerance<T>) {
  SCOPED_TRACE(std::to_string(shape.in) + " to " + std::to_string(shape.out) + " in " + std::to_string(shape.groups));
  const Queue queue(0, nullptr);
  const oracle::Pairs pairs = oracle::pairs(pieces.coarse, pieces.fine, pieces.geometry);
  const double parameter_tolerance = std::max(tolerance == kTolerance<T> ? 0 : tolerance, kTolerance<W>);
  for (const bool reversed : {false, true}) {
    const oracle::Run run = run_along(pieces, pairs, reversed, shape);
    const Numbers numbers = draw<T, W>(run, pieces.geometry.taps(), extras);
    const test::RouteByHand route(queue, pairs, reversed, run.from_rows, run.to_rows, layout);
    const test::RouteByHand back(queue, pairs, !reversed, run.to_rows, run.from_rows, layout);
    const Matrix weight = test::stored<T>(numbers.weight);
    Matrix output = oracle::forward(run, numbers.input, weight, Matrix{});
    for (std::size_t i = 0; i < output.size(); ++i) {
      const std::size_t column = i % static_cast<std::size_t>(run.out);
      if (extras.scale) output[i] *= numbers.scale[column];
      if (extras.bias) output[i] += numbers.bias[column];
      if (extras.residual) output[i] += numbers.residual[i];
      if (extras.rectify) output[i] = std::max(output[i], 0.0);
    }
    const auto found = run_forward_pass<T, W>(queue, *route, run, numbers, extras, nullptr);
    EXPECT_LE(test::error_of(found, output), tolerance);
    const auto grad_input = run_backward_pass<T, W>(queue, *back, run, numbers, nullptr);
    EXPECT_LE(test::error_of(grad_input, oracle::backward_input(run, numbers.grad, weight)), tolerance);
    const auto gradients = run_weight_pass<T, W>(queue, *route, run, numbers, nullptr);
    EXPECT_LE(test::error_of(gradients.weight, oracle::backward_weight(run, numbers.input, numbers.grad)),
              parameter_tolerance);
    EXPECT_LE(test::error_of(gradients.bias, oracle::backward_bias(run, numbers.grad)), kTolerance<W>);
    if (!all_shapes) continue;
    const Channels channels = channels_of(run, test::kTypeOf<T>);
    for (const ForwardTile &tile : forward_tiles(queue.device(), *route, channels)) {
      SCOPED_TRACE(tile.shape);
      EXPECT_EQ(bits_of(run_forward_pass<T, W>(queue, *route, run, numbers, extras, &tile)), bits_of(found));
    }
    for (const ForwardTile &tile : forward_tiles(queue.device(), *back, channels.reversed())) {
      SCOPED_TRACE(tile.shape);
      EXPECT_EQ(bits_of(run_backward_pass<T, W>(queue, *back, run, numbers, &tile)), bits_of(grad_input));
    }
    for (const WeightTile &tile : weight_tiles(queue.device(), test::kTypeOf<T>)) {
      SCOPED_TRACE(tile.shape);
      const auto again = run_weight_pass<T, W>(queue, *route, run, numbers, &tile);
      EXPECT_EQ(bits_of(again.weight), bits_of(gradients.weight));
      EXPECT_EQ(bits_of(again.bias), bits_of(gradients.bias));
    }
  }
}

TEST(Convolution, Equals_the_oracle_at_every_channel_count) {
  const Pieces pieces = submanifold(2, 3, 40, 1);
  for (int64_t channels = 1; channels <= 40; ++channels) expect_layer<float>(pieces, {channels, 41 - channels});
  for (int64_t channels = 1; channels <= 40; channels += 3) {
    expect_layer<double>(pieces, {channels, 41 - channels});
    expect_layer<BFloat16, float>(pieces, {channels, 41 - channels});
    expect_layer<Float16>(pieces, {42 - channels, channels});
  }
  expect_layer<float>(submanifold(2, 3, 20, 2), {64, 128});
  expect_layer<BFloat16>(submanifold(2, 3, 20, 2), {128, 64});
}

TEST(Convolution, Equals_the_oracle_at_every_row_count) {
  for (const int64_t voxels : {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 300}) {
    SCOPED_TRACE(voxels);
    expect_layer<float>(submanifold(3, 3, voxels, 3), {5, 20});
    expect_layer<Float16, float>(submanifold(3, 3, voxels, 3), {20, 5});
  }
}

TEST(Convolution, Equals_the_oracle_along_every_route) {
  for (const Layout layout : {Layout::table, Layout::mirrored_table, Layout::pairs_alone}) {
    SCOPED_TRACE(static_cast<int>(layout));
    expect_layer<float>(submanifold(3, 3, 150, 4), {17, 20}, layout);
    expect_layer<double>(strided(3, 2, 2, 150, 5), {5, 7}, layout);
    expect_layer<BFloat16>(strided(2, 3, 2, 150, 6), {16, 33}, layout);
    expect_layer<Float16, float>(submanifold(2, 1, 100, 7), {24, 8}, layout);
    expect_layer<float>(submanifold(3, 3, 150, 4), {19, 19, 19}, layout);
    expect_layer<BFloat16, float>(submanifold(3, 3, 150, 4), {19, 19, 19}, layout);
  }
}

TEST(Convolution, Equals_the_oracle_with_many_taps) {
  expect_layer<float>(submanifold(4, 4, 40, 8), {3, 4});  // 256
  expect_layer<Float16>(submanifold(3, 5, 40, 9), {16, 4});
  expect_layer<double>(submanifold(2, 12, 40, 10), {6, 6, 6});
}

TEST(Convolution, Equals_the_oracle_where_a_tap_has_no_pairs) {
  Pieces pieces = submanifold(2, 1, 60, 15);
  pieces.geometry.padding = {0, 0};
  pieces.geometry.listed = {0, 1, 100, 0, 0, 0, 3, -1, 0, 100};
  expect_layer<float>(pieces, {17, 20});
  expect_layer<BFloat16>(pieces, {17, 20});
  expect_layer<double>(pieces, {6, 6, 6}, Layout::pairs_alone);
  pieces.geometry.listed = {100, 0};
  expect_layer<Float16>(pieces, {4, 4});
}

TEST(Convolution, Equals_the_oracle_in_groups) {
  const Pieces pieces = submanifold(2, 3, 100, 13);
  for (const Shape &shape : {Shape{2, 4, 2}, Shape{34, 66, 2}, Shape{12, 8, 4}, Shape{15, 9, 3}, Shape{64, 64, 4}}) {
    expect_layer<float>(pieces, shape);
    expect_layer<BFloat16, float>(pieces, shape);
  }
  expect_layer<double>(pieces, {12, 8, 4});
  for (const int64_t channels : {2, 17, 33, 70}) {
    expect_layer<float>(pieces, {channels, channels, channels});
    expect_layer<Float16>(pieces, {channels, channels, channels});
  }
}

template <class T, class W = T>
void expect_finishes() {
  for (const Extras &extras :
       {Extras{true, true, true, true}, Extras{false, true, true, false}, Extras{true, false, false, true}}) {
    for (const int64_t out : {3, 16, 64})
      expect_layer<T, W>(submanifold(2, 3, 70, 16), {6, out}, Layout::table, extras);
    expect_layer<T, W>(submanifold(2, 3, 70, 16), {6, 4, 2}, Layout::pairs_alone, extras);
    expect_layer<T, W>(submanifold(2, 3, 70, 16), {6, 6, 6}, Layout::table, extras);
  }
}

TEST(Convolution, Adds_the_residual_and_rectifies) {
  expect_finishes<float>();
  expect_finishes<double>();
  expect_finishes<BFloat16>();
  expect_finishes<Float16, float>();
}

TEST(Convolution, Gives_the_same_bits_in_every_shape) {
  const Extras extras{true, true, true, false};
  for (const Shape &shape : {Shape{24, 70}, Shape{67, 7}, Shape{32, 16, 2}}) {
    expect_layer<float>(submanifold(3, 3, 200, 17), shape, Layout::table, extras, true);
    expect_layer<BFloat16, float>(submanifold(3, 3, 200, 17), shape, Layout::table, extras, true);
    expect_layer<Float16>(strided(3, 2, 2, 200, 18), shape, Layout::mirrored_table, extras, true);
  }
}

class TunedAll {
 public:
  TunedAll() { setenv("SPARSECONV_TUNE", "all", 1); }
  ~TunedAll() { unsetenv("SPARSECONV_TUNE"); }
};

TEST(Convolution, Equals_the_oracle_while_shapes_are_measured) {
  const TunedAll tuned;
  expect_layer<BFloat16>(submanifold(2, 3, 90, 20), {20, 70}, Layout::table, {true, true, true});
  expect_layer<float>(submanifold(2, 3, 90, 20), {70, 20}, Layout::table, {true, true, true});
}

// Squared 1e-3; where the GPU has no TF32 the results are those of float32.
TEST(Convolution, Rounds_to_tf32_where_it_may) {
  const Tf32 tf32;
  constexpr double kTf32Tolerance = 1e-6;
  const Extras extras{true, true, true, true};
  for (int64_t channels = 1; channels <= 40; channels += 3) {
    expect_layer<float>(submanifold(2, 3, 40, 1), {channels, 41 - channels}, Layout::table, extras, false,
                        kTf32Tolerance);
  }
  for (const int64_t voxels : {0, 1, 16, 63, 65, 129}) {
    expect_layer<float>(submanifold(3, 3, voxels, 3), {20, 5}, Layout::mirrored_table, extras, false, kTf32Tolerance);
  }
  expect_layer<float>(submanifold(2, 3, 100, 13), {12, 8, 4}, Layout::table, extras, false, kTf32Tolerance);
  expect_layer<float>(submanifold(2, 3, 100, 13), {64, 128}, Layout::table, extras, true, kTf32Tolerance);
}

}  // namespace
