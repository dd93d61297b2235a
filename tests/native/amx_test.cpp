// What is special to amx, of the tests that run over the emulation of its instructions.
#include <gtest/gtest.h>

#include "cpu/amx.h"
#include "half.h"
#include "layer.h"
#include "pieces.h"
#include "tile_emulation.h"

namespace {

using Table = spc::LoopsOf<spc::BFloat16>;

class Amx : public testing::Test {
 protected:
  void SetUp() override {
    if (!spc::amx_granted()) GTEST_SKIP() << "this processor lacks what surrounds the tiles";
  }
};

TEST_F(Amx, Is_offered_first) {
  EXPECT_STREQ(spc_isa_name(0), "amx");
}

TEST_F(Amx, Is_offered_only_where_small_products_come_out_right) {
  EXPECT_TRUE(spc::multiplies_right(spc::kAmxLoops.bf16));
  EXPECT_TRUE(spc::multiplies_right(spc::kBaselineLoops.bf16));
  Table wrong = spc::kAmxLoops.bf16;
  wrong.accumulate = [](const spc::Accumulate<spc::BFloat16> &job) {
    spc::kAmxLoops.bf16.accumulate(job);
    job.sums[(job.to[job.count - 1] - job.to_first) * job.padded + job.out - 1] += 1;
  };
  EXPECT_FALSE(spc::multiplies_right(wrong));
  wrong = spc::kAmxLoops.bf16;
  wrong.outer = [](const spc::Outer<spc::BFloat16> &job) {
    spc::kAmxLoops.bf16.outer(job);
    job.sums[(job.in - 1) * job.padded + job.out - 1] += 1;
  };
  EXPECT_FALSE(spc::multiplies_right(wrong));
  wrong = spc::kAmxLoops.bf16;
  wrong.outer = [](const spc::Outer<spc::BFloat16> &job) {
    spc::kAmxLoops.bf16.outer(job);
    job.sums[job.in * job.padded] += 1;  // the next tap's
  };
  EXPECT_FALSE(spc::multiplies_right(wrong));
}

TEST_F(Amx, Multiplies_in_tiles_and_gives_them_back) {
  const test::ForcedIsa isa("amx");
  const test::Pieces pieces = test::submanifold(3, 3, 3000, 8);
  const test::Map map = test::make_map(pieces.fine, 3);
  const test::Rulebook rulebook = test::make_rulebook(map, map, pieces.geometry);
  std::mt19937 random(9);
  const int64_t rows = spc_map_rows(map.get()), before = tiles::products();
  const auto matrix = [&](int64_t count) { return oracle::random_matrix(random, count); };
  test::run_layer<test::BFloat16>(rulebook.get(), SPC_FINE_TO_COARSE, rows, rows, 20, 33, matrix(rows * 20),
                                  matrix(27 * 20 * 33), matrix(33), matrix(rows * 33));
  EXPECT_GT(tiles::products(), before);
  EXPECT_EQ(tiles::holding(), 0);
}

// The reference that the tiles' emulation itself is held against, in numbers that need no rounding but the last.
class Emulation : public testing::Test {
 protected:
  struct Config {
    uint8_t palette = 1, start_row = 0, reserved[14] = {};
    uint16_t row_bytes[16] = {8, 12, 8};
    uint8_t rows[16] = {2, 2, 3};
  };

  void SetUp() override { tiles::load_config(&config); }
  void TearDown() override { tiles::release(); }

  // sums [2, 2] += left [2, 6] * right [6, 2], the right one given as rows of pairs.
  std::vector<float> multiply(std::vector<float> sums, const std::vector<float> &left,
                              const std::vector<float> &right) {
    tiles::load(0, sums.data(), 8);
    tiles::load(1, narrow(left).data(), 12);
    tiles::load(2, narrow(right).data(), 8);
    tiles::add_products(0, 1, 2);
    tiles::store(0, sums.data(), 8);
    return sums;
  }

  static std::vector<test::BFloat16> narrow(const std::vector<float> &values) { return {values.begin(), values.end()}; }

  Config config;
};

TEST_F(Emulation, Multiplies_pairs_along_rows_with_pairs_along_columns) {
  EXPECT_EQ(multiply({1, 2, 3, 4}, {1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 7}, {1, 2, 10, 20, 3, 4, 30, 40, 5, 6, 50, 60}),
            (std::vector<float>{1 + 91, 2 + 910, 3 + 42, 4 + 420}));
}

TEST_F(Emulation, Rounds_to_nearest_even_and_takes_subnormal_numbers_for_zero) {
  const float tiny = 0x1p-130f, least = 0x1p-126f, half_step = 0x1p-24f;
  const std::vector<float> sums = multiply({1, 1 + 0x1p-23f, tiny, 0}, {half_step, 0, 0, 0, 0, 0, least, 0, 0, 0, 0, 0},
                                           {1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(sums[0], 1.0f);
  EXPECT_EQ(sums[1], 1 + 0x1p-22f);
  EXPECT_EQ(sums[2], least);
  EXPECT_EQ(
      multiply({0, 0, 0, 0}, {least, 0, 0, 0, 0, 0, tiny, 0, 0, 0, 0, 0}, {0.5f, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
      (std::vector<float>{0, 2 * least, 0, 0}));
}

TEST_F(Emulation, Ends_the_process_where_an_instruction_would_fault) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto with = [](auto change) {
    Config other;
    change(other);
    tiles::load_config(&other);
  };
  EXPECT_DEATH(with([](Config &c) { c.rows[3] = 17, c.row_bytes[3] = 64; }), "shape of a tile");
  EXPECT_DEATH(with([](Config &c) { c.rows[3] = 1, c.row_bytes[3] = 65; }), "shape of a tile");
  EXPECT_DEATH(with([](Config &c) { c.rows[3] = 1; }), "shape of a tile");
  EXPECT_DEATH(with([](Config &c) { c.rows[8] = 1, c.row_bytes[8] = 4; }), "beyond the eighth");
  EXPECT_DEATH(with([](Config &c) { c.reserved[3] = 1; }), "reserved");
  EXPECT_DEATH(with([](Config &c) { c.palette = 2; }), "palette");
  EXPECT_DEATH(tiles::add_products(0, 2, 1), "shapes");
  EXPECT_DEATH(tiles::add_products(0, 1, 1), "one tile twice");
  EXPECT_DEATH(tiles::zero(5), "no shape");
  EXPECT_DEATH((tiles::release(), tiles::zero(0)), "not configured");
}

}  // namespace
