// Convolution, forward and all gradients, along rulebooks of every kind, against brute force in double (counts of rows
// and channels: sweep_test.cpp). The instruction set is the one that SPARSECONV_ISA names, or every one that the
// machine has.
#include <gtest/gtest.h>

#include "layer.h"
#include "pieces.h"

namespace {

using oracle::Matrix;
using test::error_of;
using test::ForcedIsa;
using test::isas;
using test::Pieces;
using test::strided;
using test::submanifold;

template <class T>
void expect_layer(const Pieces &pieces, int64_t in, int64_t out, bool with_bias, double tolerance, int64_t groups = 1) {
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
    const Matrix input = oracle::random_matrix(random, run.from_rows * in);
    const Matrix weight = oracle::random_matrix(random, pieces.geometry.taps() * (in / groups) * out);
    const Matrix bias = with_bias ? oracle::random_matrix(random, out) : Matrix{};
    const Matrix grad = oracle::random_matrix(random, run.to_rows * out);
    const test::Gradients<T> found = test::run_layer<T>(rulebook.get(), direction, run.from_rows, run.to_rows, in, out,
                                                        input, weight, bias, grad, groups);
    EXPECT_LE(error_of(found.output, oracle::forward(run, input, weight, bias)), tolerance);
    EXPECT_LE(error_of(found.grad_input, oracle::backward_input(run, grad, weight)), tolerance);
    EXPECT_LE(error_of(found.grad_weight, oracle::backward_weight(run, input, grad)), tolerance);
    if (with_bias) {
      EXPECT_LE(error_of(found.grad_bias, oracle::backward_bias(run, grad)), tolerance);
    }
  }
}

constexpr double kFloatTolerance = 1e-12;  // squared: about 1e-6 relative
constexpr double kDoubleTolerance = 1e-29;

class Convolution : public testing::TestWithParam<std::string> {};

TEST_P(Convolution, Runs_on_the_instruction_set_asked_for) {
  const ForcedIsa isa(GetParam());
  const char *name = nullptr;
  test::ok(spc_isa(&name));
  EXPECT_EQ(name, GetParam());
}

TEST_P(Convolution, Equals_the_oracle_in_every_dimension) {
  const ForcedIsa isa(GetParam());
  for (int dimensions = 1; dimensions <= 4; ++dimensions) {
    SCOPED_TRACE(dimensions);
    expect_layer<float>(submanifold(dimensions, 3, 200, 4), 5, 7, true, kFloatTolerance);
    expect_layer<double>(strided(dimensions, 2, 2, 200, 5), 5, 7, true, kDoubleTolerance);
    expect_layer<float>(strided(dimensions, 3, 2, 200, 6), 16, 33, false, kFloatTolerance);
    expect_layer<float>(strided(dimensions, 2, 3, 200, 7), 3, 4, true, kFloatTolerance);
  }
}

TEST_P(Convolution, Equals_the_oracle_over_many_tiles) {
  const ForcedIsa isa(GetParam());
  expect_layer<float>(submanifold(3, 3, 3000, 8), 20, 17, true, kFloatTolerance);
  expect_layer<float>(strided(3, 3, 2, 3000, 9), 17, 20, true, kFloatTolerance);
  expect_layer<double>(submanifold(3, 5, 2000, 10), 3, 4, true, kDoubleTolerance);
}

TEST_P(Convolution, Equals_the_oracle_in_groups) {
  const ForcedIsa isa(GetParam());
  struct Case {
    int64_t in, out, groups;
  };
  const Pieces same = submanifold(3, 3, 150, 13), coarser = strided(2, 3, 2, 200, 14);
  for (const auto &[in, out, groups] : {Case{2, 4, 2}, Case{6, 4, 2}, Case{34, 66, 2}, Case{15, 9, 3}, Case{12, 8, 4},
                                        Case{5, 10, 5}, Case{6, 3, 3}, Case{64, 64, 8}}) {
    SCOPED_TRACE(std::to_string(in) + " to " + std::to_string(out) + " in " + std::to_string(groups));
    expect_layer<float>(same, in, out, true, kFloatTolerance, groups);
    expect_layer<double>(coarser, in, out, false, kDoubleTolerance, groups);
  }
}

TEST_P(Convolution, Equals_the_oracle_channel_by_channel) {
  const ForcedIsa isa(GetParam());
  for (int64_t channels = 2; channels <= 70; channels += 3) {
    SCOPED_TRACE(channels);
    expect_layer<float>(submanifold(3, 3, 60, 1), channels, channels, true, kFloatTolerance, channels);
    expect_layer<double>(strided(2, 3, 2, 60, 2), channels, channels, true, kDoubleTolerance, channels);
  }
  expect_layer<float>(submanifold(3, 3, 3000, 8), 19, 19, true, kFloatTolerance, 19);
}

TEST_P(Convolution, Equals_the_oracle_along_a_list_of_taps) {
  const ForcedIsa isa(GetParam());
  Pieces pieces = submanifold(2, 1, 100, 15);
  pieces.geometry.padding = {0, 0};
  pieces.geometry.listed = {0, 1, -2, 0, 0, 0, 3, -1, 0, -1};
  expect_layer<float>(pieces, 17, 20, true, kFloatTolerance);
  expect_layer<double>(pieces, 6, 6, true, kDoubleTolerance, 6);
}

INSTANTIATE_TEST_SUITE_P(Isa, Convolution, testing::ValuesIn(isas()), [](const auto &info) { return info.param; });

TEST(Isa, Fma_instruction_sets_agree_bit_for_bit) {
  std::vector<std::string> fused;
  for (int32_t i = 0; i < spc_isa_count(); ++i) {
    const std::string name = spc_isa_name(i);
    if (name == "avx2" || name == "avx512") fused.push_back(name);
  }
  if (fused.size() < 2) GTEST_SKIP() << "needs avx2 and avx512";
  const Pieces pieces = submanifold(3, 3, 900, 11);
  const test::Map map = test::make_map(pieces.fine, 3);
  const test::Rulebook rulebook = test::make_rulebook(map, map, pieces.geometry);
  std::mt19937 random(12);
  const int64_t rows = spc_map_rows(map.get());
  const Matrix input = oracle::random_matrix(random, rows * 33), weight = oracle::random_matrix(random, 27 * 33 * 19);
  const Matrix bias = oracle::random_matrix(random, 19), grad = oracle::random_matrix(random, rows * 19);
  const auto run = [&](const std::string &name) {
    const ForcedIsa isa(name);
    return test::run_layer<float>(rulebook.get(), SPC_FINE_TO_COARSE, rows, rows, 33, 19, input, weight, bias, grad);
  };
  EXPECT_TRUE(run(fused[0]) == run(fused[1]));
}

}  // namespace
