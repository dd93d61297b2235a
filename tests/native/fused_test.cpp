// What a fused convolution does before it stores a row, against brute force in double.
#include <gtest/gtest.h>

#include <cmath>

#include "half.h"
#include "layer.h"
#include "pieces.h"

namespace {

using oracle::Matrix;
using test::Epilogue;
using test::ForcedIsa;

template <class T>
void expect_fused(const test::Pieces &pieces, int64_t in, int64_t out, double tolerance, int64_t groups = 1) {
  const test::Map fine = test::make_map(pieces.fine, pieces.geometry.dimensions());
  const test::Map coarse = pieces.same ? nullptr : test::make_map(pieces.coarse, pieces.geometry.dimensions());
  const test::Rulebook rulebook = test::make_rulebook(pieces.same ? fine : coarse, fine, pieces.geometry);
  const oracle::Pairs pairs = oracle::pairs(pieces.coarse, pieces.fine, pieces.geometry);
  const auto fine_rows = static_cast<int64_t>(pieces.fine.size());
  const auto coarse_rows = static_cast<int64_t>(pieces.coarse.size());
  std::mt19937 random(7);
  for (const bool reversed : {false, true}) {
    const oracle::Run run{pairs, reversed, reversed ? coarse_rows : fine_rows, reversed ? fine_rows : coarse_rows, in,
                          out,   groups};
    const Matrix input = test::stored<T>(oracle::random_matrix(random, run.from_rows * in));
    const Matrix weight = test::stored<T>(oracle::random_matrix(random, pieces.geometry.taps() * (in / groups) * out));
    const Matrix scale = test::stored<T>(oracle::random_matrix(random, out));
    const Matrix bias = test::stored<T>(oracle::random_matrix(random, out));
    const Matrix residual = test::stored<T>(oracle::random_matrix(random, run.to_rows * out));
    for (const Epilogue &epilogue :
         {Epilogue{true, true, true, SPC_RELU}, Epilogue{false, true, false, SPC_RELU},
          Epilogue{false, false, true, SPC_IDENTITY}, Epilogue{true, false, false, SPC_IDENTITY},
          Epilogue{false, false, false, SPC_IDENTITY}}) {
      Matrix expected = oracle::forward(run, input, weight, Matrix{});
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::size_t column = i % static_cast<std::size_t>(out);
        if (epilogue.scale) expected[i] *= scale[column];
        if (epilogue.bias) expected[i] += bias[column];
        if (epilogue.residual) expected[i] += residual[i];
        if (epilogue.activation == SPC_RELU) expected[i] = std::max(expected[i], 0.0);
      }
      EXPECT_LE(test::error_of(test::run_fused<T>(rulebook.get(), run, input, weight, scale, bias, residual, epilogue),
                               expected),
                tolerance);
    }
  }
}

class Fused : public testing::TestWithParam<std::string> {};

TEST_P(Fused, Adds_the_residual_and_rectifies) {
  const ForcedIsa isa(GetParam());
  for (const int64_t out : {1, 3, 8, 16, 17, 63, 64, 65, 128, 130}) {
    SCOPED_TRACE(out);
    expect_fused<float>(test::submanifold(3, 3, 60, 1), 5, out, 1e-12);
    expect_fused<double>(test::strided(3, 2, 2, 60, 2), 5, out, 1e-29);
    expect_fused<test::BFloat16>(test::submanifold(3, 3, 60, 1), 6, out, 0x1p-16);
    expect_fused<test::Float16>(test::strided(3, 2, 2, 60, 2), 6, out, 0x1p-22);
  }
  expect_fused<float>(test::submanifold(3, 3, 3000, 3), 17, 20, 1e-12);
  expect_fused<float>(test::submanifold(3, 3, 60, 1), 12, 8, 1e-12, 4);
  expect_fused<float>(test::submanifold(3, 3, 60, 1), 19, 19, 1e-12, 19);
  expect_fused<float>(test::submanifold(3, 3, 0, 1), 4, 4, 1e-12);
}

TEST_P(Fused, Keeps_what_is_not_a_number) {
  const ForcedIsa isa(GetParam());
  const test::Map map = test::make_map({{0, 0}}, 1);
  const test::Rulebook rulebook = test::make_rulebook(map, map, {{1}, {1}, {1}, {0}});
  const oracle::Run run{{{{0, 0}}}, false, 1, 1, 1, 3, 1};
  const test::Guarded<float> found = test::run_fused<float>(rulebook.get(), run, {1}, {NAN, -2, 3}, {1, 1, 1},
                                                            {0, 0, 0}, {0, 0, 0}, {true, true, true, SPC_RELU});
  EXPECT_TRUE(std::isnan(found[0]));
  EXPECT_EQ(found[1], 0.0f);
  EXPECT_EQ(found[2], 3.0f);
}

// Outputs so large that they are written past the caches where rows are whole lines, against one that begins amid a
// line.
template <class T>
void expect_same_wherever_it_lies() {
  constexpr int64_t kLine = 64 / sizeof(T), kRows = 33000, kIn = 2, kOut = 4 * kLine;
  oracle::Cloud line;
  for (int32_t i = 0; i < kRows; ++i) line.push_back({0, i});
  const test::Map map = test::make_map(line, 1);
  const test::Rulebook rulebook = test::make_rulebook(map, map, {{3}, {1}, {1}, {1}});
  std::mt19937 random(5);
  const auto filled = [&](int64_t count) { return test::guarded<T>(oracle::random_matrix(random, count)); };
  test::Guarded<T> x = filled(kRows * kIn), w = filled(3 * kIn * kOut), s = filled(kOut), b = filled(kOut),
                   r = filled(kRows * kOut);
  const spc_matrix x_view = test::view(x, kRows, kIn), w_view = test::view(w, 3 * kIn, kOut);
  const spc_matrix s_view = test::view(s, 1, kOut), b_view = test::view(b, 1, kOut),
                   r_view = test::view(r, kRows, kOut);
  test::Workspace space =
      test::workspace_for(rulebook.get(), SPC_FINE_TO_COARSE, SPC_FORWARD, kIn, kOut, test::kTypeOf<T>);
  for (const Epilogue &epilogue : {Epilogue{true, true, true, SPC_RELU}, Epilogue{false, false, false, SPC_IDENTITY}}) {
    const auto run = [&](int64_t shift) {
      test::Guarded<T> memory(static_cast<std::size_t>(kRows * kOut + 2 * kLine), T(NAN));
      const auto amid_line = static_cast<int64_t>(reinterpret_cast<std::uintptr_t>(memory.data()) % 64 / sizeof(T));
      T *const first = memory.data() + (kLine - amid_line) + shift;
      const spc_matrix y_view{first, kRows, kOut, test::kTypeOf<T>, -1};
      test::ok(spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &x_view, &w_view,
                                       epilogue.scale ? &s_view : nullptr, epilogue.bias ? &b_view : nullptr,
                                       epilogue.residual ? &r_view : nullptr, epilogue.activation, space.data(),
                                       space.bytes(), nullptr, &y_view));
      return test::Guarded<T>(first, first + kRows * kOut);
    };
    EXPECT_EQ(run(0), run(1));
  }
}

TEST_P(Fused, Writes_the_same_past_the_caches) {
  const ForcedIsa isa(GetParam());
  expect_same_wherever_it_lies<float>();
  expect_same_wherever_it_lies<double>();
}

INSTANTIATE_TEST_SUITE_P(Isa, Fused, testing::ValuesIn(test::isas()), [](const auto &info) { return info.param; });

}  // namespace
