// The number of threads changes no bit, and objects may be shared.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "layer.h"
#include "oracle.h"

namespace {

using oracle::Geometry;
using oracle::Matrix;

const Geometry kCube{{3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}};
const Geometry kStrided{{3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}};

class Threads {
 public:
  explicit Threads(int32_t threads) : before_(spc_threads()) { test::ok(spc_set_threads(threads)); }
  ~Threads() { spc_set_threads(before_); }

 private:
  int32_t before_;
};

// Clumps, so that blocks, tiles and taps are unevenly filled.
oracle::Cloud uneven_cloud() {
  std::mt19937 random(21);
  oracle::Cloud cloud = oracle::random_cloud(random, 3, 30000, 0, 40, 1);
  const oracle::Cloud rest = oracle::random_cloud(random, 3, 15000, 100, 500, 1);
  cloud.insert(cloud.end(), rest.begin(), rest.end());
  std::shuffle(cloud.begin(), cloud.end(), random);
  return cloud;
}

struct Everything {
  oracle::Cloud coarse;
  oracle::Pairs same, strided;
  test::Gradients<float> layer, down, up, grouped, depthwise;

  bool operator==(const Everything &) const = default;
};

class Inputs {
 public:
  Inputs(int64_t rows, int64_t most_taps) {
    std::mt19937 random(22);
    input = oracle::random_matrix(random, rows * kIn);
    grad = oracle::random_matrix(random, rows * kOut);
    weight = oracle::random_matrix(random, most_taps * kIn * kOut);
    bias = oracle::random_matrix(random, kOut);
  }

  test::Gradients<float> run(const test::Rulebook &rulebook, int32_t direction, int64_t from, int64_t to,
                             int64_t out = kOut, int64_t groups = 1) const {
    const auto first = [](const Matrix &matrix, int64_t count) {
      return Matrix(matrix.begin(), matrix.begin() + count);
    };
    return test::run_layer<float>(rulebook.get(), direction, from, to, kIn, out, first(input, from * kIn), weight,
                                  first(bias, out), first(grad, to * out), groups);
  }

 private:
  static constexpr int64_t kIn = 20, kOut = 33;
  Matrix input, grad, weight, bias;
};

Everything compute(const oracle::Cloud &cloud) {
  const test::Map fine = test::make_map(cloud, 3);
  const test::Map coarse = test::coarsen(fine, kStrided, SPC_DILATE, {});
  const test::Rulebook same = test::make_rulebook(fine, fine, kCube);
  const test::Rulebook strided = test::make_rulebook(coarse, fine, kStrided);
  const int64_t rows = spc_map_rows(fine.get()), coarse_rows = spc_map_rows(coarse.get());
  const Inputs inputs(std::max(rows, coarse_rows), 27);
  return {test::coordinates(coarse),
          test::pairs(same),
          test::pairs(strided),
          inputs.run(same, SPC_FINE_TO_COARSE, rows, rows),
          inputs.run(strided, SPC_FINE_TO_COARSE, rows, coarse_rows),
          inputs.run(strided, SPC_COARSE_TO_FINE, coarse_rows, rows),
          inputs.run(same, SPC_FINE_TO_COARSE, rows, rows, 32, 4),
          inputs.run(strided, SPC_FINE_TO_COARSE, rows, coarse_rows, 20, 20)};
}

TEST(ThreadCount, Changes_no_bit) {
  const oracle::Cloud cloud = uneven_cloud();
  const Everything alone = [&] {
    const Threads one(1);
    return compute(cloud);
  }();
  for (const int32_t threads : {2, 3, 5}) {
    const Threads limit(threads);
    EXPECT_EQ(spc_threads(), threads);
    EXPECT_TRUE(compute(cloud) == alone) << threads << " threads";
  }
}

TEST(ThreadCount, May_rise_after_the_workspace_was_measured) {
  std::mt19937 random(23);
  const oracle::Cloud cloud = oracle::random_cloud(random, 3, 20000, 0, 40, 1);
  const test::Map map = test::make_map(cloud, 3);
  const test::Rulebook rulebook = test::make_rulebook(map, map, kCube);
  std::vector<float> x(20000 * 32, 1.0f), w(27 * 32 * 32, 0.5f), few(20000 * 32), many(20000 * 32);
  const spc_matrix input = test::view(x, 20000, 32), weight = test::view(w, 27 * 32, 32);
  const spc_matrix few_view = test::view(few, 20000, 32), many_view = test::view(many, 20000, 32);
  const auto space_at = [&](int32_t threads) {
    const Threads limit(threads);
    return test::workspace_for(rulebook.get(), SPC_FINE_TO_COARSE, SPC_FORWARD, 32, 32, SPC_FLOAT32);
  };
  test::Workspace small = space_at(1), large = space_at(8);
  ASSERT_LT(small.bytes(), large.bytes());
  const Threads limit(8);
  test::ok(spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &input, &weight, nullptr, nullptr, nullptr,
                                   SPC_IDENTITY, small.data(), small.bytes(), nullptr, &few_view));
  test::ok(spc_convolution_forward(rulebook.get(), SPC_FINE_TO_COARSE, 1, &input, &weight, nullptr, nullptr, nullptr,
                                   SPC_IDENTITY, large.data(), large.bytes(), nullptr, &many_view));
  EXPECT_EQ(few, many);
}

TEST(Sharing, One_rulebook_serves_many_threads) {
  const int64_t before = spc_live_objects();
  {
    std::mt19937 random(24);
    const oracle::Cloud cloud = oracle::random_cloud(random, 3, 6000, -10, 22, 2);
    const test::Map map = test::make_map(cloud, 3);
    const test::Rulebook rulebook = test::make_rulebook(map, map, kCube);
    const int64_t rows = spc_map_rows(map.get());
    const Inputs inputs(rows, 27);
    const test::Gradients<float> expected = inputs.run(rulebook, SPC_FINE_TO_COARSE, rows, rows);
    const oracle::Pairs pairs = test::pairs(rulebook);
    std::atomic<int> wrong{0};
    std::vector<std::thread> users;
    for (int i = 0; i < 8; ++i) {
      users.emplace_back([&] {
        for (int repeat = 0; repeat < 3; ++repeat) {
          if (!(inputs.run(rulebook, SPC_FINE_TO_COARSE, rows, rows) == expected)) ++wrong;
          if (test::pairs(test::make_rulebook(map, map, kCube)) != pairs) ++wrong;
          if (test::coordinates(test::make_map(cloud, 3)) != cloud) ++wrong;
        }
      });
    }
    for (std::thread &user : users) user.join();
    EXPECT_EQ(wrong, 0);
  }
  EXPECT_EQ(spc_live_objects(), before);
}

}  // namespace
