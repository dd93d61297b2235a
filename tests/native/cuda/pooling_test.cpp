// Pooling on the device against the CPU engine, which adds up in the same order: results are the same to the bit.
#include "cuda/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "device_matrix.h"
#include "half.h"
#include "layer.h"
#include "pieces.h"

namespace {

using namespace spc::cuda;
using oracle::Geometry;
using oracle::Matrix;
using test::DeviceMatrix;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLow = -std::numeric_limits<double>::infinity();

// How a rulebook lies on the device.
enum class Layout { kTable, kMirrored, kPairs };

// Both directions of a rulebook of the CPU engine's, on the device.
class OnDevice {
 public:
  OnDevice(const Queue &queue, const oracle::Pairs &pairs, int64_t coarse, int64_t fine, Layout layout) {
    std::vector<int64_t> starts{0};
    std::vector<int32_t> rows[2];
    for (const auto &tap : pairs) {
      for (const auto &[c, f] : tap) {
        rows[SPC_FINE_TO_COARSE].push_back(static_cast<int32_t>(c));
        rows[SPC_COARSE_TO_FINE].push_back(static_cast<int32_t>(f));
      }
      starts.push_back(static_cast<int64_t>(rows[0].size()));
    }
    const int64_t taps = std::ssize(pairs), sizes[] = {coarse, fine};
    starts_ = test::to_device(queue, starts);
    for (const int32_t direction : {0, 1}) {
      const std::vector<int32_t> &written = rows[direction], &read = rows[1 - direction];
      rows_[direction] = test::to_device(queue, written);
      std::vector<int32_t> table(taps * sizes[direction], -1);
      for (int64_t t = 0; t < taps; ++t) {
        const int64_t at = layout == Layout::kMirrored ? taps - 1 - t : t;
        for (int64_t i = starts[t]; i < starts[t + 1]; ++i) table[at * sizes[direction] + written[i]] = read[i];
      }
      tables_[direction] = test::to_device(queue, table);
    }
    for (const int32_t direction : {0, 1}) {
      const int32_t *const table = layout == Layout::kPairs ? nullptr : tables_[direction].data();
      const Side side{sizes[direction], table, layout == Layout::kMirrored, nullptr, nullptr};
      directed_[direction] = {taps,
                              starts.back(),
                              starts_.data(),
                              rows_[1 - direction].data(),
                              rows_[direction].data(),
                              sizes[1 - direction],
                              side};
    }
  }

  const DirectedPairs &operator[](int32_t direction) const { return directed_[direction]; }

 private:
  Buffer<int64_t> starts_;
  Buffer<int32_t> rows_[2], tables_[2];  // by what direction writes
  DirectedPairs directed_[2];
};

template <class T>
struct Pooled {
  std::vector<T> output, unsaved, grad_input;
  std::vector<int32_t> saved;
};

int64_t saved_size(int32_t kind, int64_t rows, int64_t channels) {
  return kind == SPC_POOL_MAX ? rows * channels : kind == SPC_POOL_MEAN ? rows : 0;
}

struct Job {
  int32_t direction, kind;
  int64_t from, to, channels;
};

template <class T>
Pooled<T> on_cpu(const spc_rulebook *rulebook, const Job &job, std::vector<T> input, std::vector<T> grad) {
  const T nan(kNan);
  Pooled<T> result{std::vector<T>(job.to * job.channels, nan), std::vector<T>(job.to * job.channels, nan),
                   std::vector<T>(job.from * job.channels, nan),
                   std::vector<int32_t>(saved_size(job.kind, job.to, job.channels), -7)};
  const spc_matrix x = test::view(input, job.from, job.channels), g = test::view(grad, job.to, job.channels);
  const spc_matrix y = test::view(result.output, job.to, job.channels);
  const spc_matrix again = test::view(result.unsaved, job.to, job.channels);
  const spc_matrix dx = test::view(result.grad_input, job.from, job.channels);
  test::ok(spc_pooling_forward(rulebook, job.direction, job.kind, &x, nullptr, result.saved.data(), &y));
  test::ok(spc_pooling_forward(rulebook, job.direction, job.kind, &x, nullptr, nullptr, &again));
  test::ok(spc_pooling_backward(rulebook, job.direction, job.kind, &g, result.saved.data(), nullptr, &dx));
  return result;
}

template <class T>
Pooled<T> on_device(const Queue &queue, const OnDevice &rulebook, const Job &job, const std::vector<T> &input,
                    const std::vector<T> &grad, int64_t entries = kTableEntries) {
  const DeviceMatrix<T> x(queue, input, job.from, job.channels), g(queue, grad, job.to, job.channels);
  const DeviceMatrix<T> y(queue, job.to, job.channels), again(queue, job.to, job.channels);
  const DeviceMatrix<T> dx(queue, job.from, job.channels);
  const Buffer<int32_t> saved(queue, saved_size(job.kind, job.to, job.channels));
  pooling_forward(queue, rulebook[job.direction], job.kind, x.view(), saved.data(), y.view(), entries);
  pooling_forward(queue, rulebook[job.direction], job.kind, x.view(), nullptr, again.view(), entries);
  pooling_backward(queue, rulebook[1 - job.direction], job.kind, g.view(), saved.data(), dx.view(), entries);
  return {y.read(queue), again.read(queue), dx.read(queue), test::to_host(queue, saved)};
}

template <class T>
void expect_same(const Pooled<T> &found, const Pooled<T> &expected) {
  test::expect_same_bits(found.output, expected.output);
  test::expect_same_bits(found.unsaved, expected.unsaved);
  test::expect_same_bits(found.grad_input, expected.grad_input);
  EXPECT_EQ(found.saved, expected.saved);
}

// Coarse steps, so that there are equals, and all below zero in some channels.
Matrix features(std::mt19937 &random, int64_t rows, int64_t channels) {
  Matrix values = oracle::random_matrix(random, rows * channels);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = i % 3 == 0 ? std::floor(4 * values[i]) - 9.5 : values[i];
    if (random() % 97 == 0) values[i] = random() % 2 == 0 ? kNan : kLow;
  }
  return values;
}

struct Case {
  Geometry geometry;
  int64_t voxels;
  Layout layout;
  std::vector<int64_t> channels;
};

const Case kCases[] = {
    {{{2, 2, 2}, {2, 2, 2}, {1, 1, 1}, {0, 0, 0}}, 60, Layout::kTable, {1, 4, 8}},
    {{{3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}}, 150, Layout::kMirrored, {2, 3, 16, 33, 70}},
    {{{3, 2}, {1, 1}, {2, 1}, {2, 0}}, 80, Layout::kTable, {64}},
    {{{2}, {3}, {1}, {0}}, 90, Layout::kPairs, {5, 24}},
    {{{2, 2}, {2, 2}, {1, 1}, {0, 0}}, 1, Layout::kPairs, {8}},
    {{{2, 2}, {2, 2}, {1, 1}, {0, 0}}, 0, Layout::kTable, {8}},
    {{{2, 2}, {2, 2}, {1, 1}, {0, 0}}, 0, Layout::kPairs, {8}},
    {{{6, 6, 6}, {2, 2, 2}, {1, 1, 1}, {2, 2, 2}}, 60, Layout::kPairs, {3, 8}},
    {{{150}, {1}, {1}, {70}}, 100, Layout::kPairs, {4}},
};

template <class T>
class DevicePooling : public testing::Test {};
using Types = testing::Types<float, double, test::BFloat16, test::Float16>;
TYPED_TEST_SUITE(DevicePooling, Types);

TYPED_TEST(DevicePooling, Has_the_bits_of_the_CPU_engine) {
  using T = TypeParam;
  std::mt19937 random(41);
  const Queue queue(0, nullptr);
  for (const auto &[geometry, voxels, layout, all_channels] : kCases) {
    const int32_t extent = geometry.dimensions() == 1 ? 300 : geometry.dimensions() == 2 ? 20 : 8;
    const oracle::Cloud cloud = oracle::random_cloud(random, geometry.dimensions(), voxels, -6, extent, 2);
    const test::Map fine = test::make_map(cloud, geometry.dimensions());
    // Some coarse rows without a pair, too.
    oracle::Cloud sites = test::coordinates(test::coarsen(fine, geometry, SPC_DILATE, {}));
    sites.push_back(oracle::Coordinate(geometry.dimensions() + 1, 1000));
    const test::Map coarse = test::make_map(sites, geometry.dimensions());
    const test::Rulebook rulebook = test::make_rulebook(coarse, fine, geometry);
    const int64_t sizes[] = {std::ssize(sites), voxels};
    const OnDevice moved(queue, test::pairs(rulebook), sizes[0], sizes[1], layout);
    for (const int64_t channels : all_channels) {
      for (const int32_t direction : {SPC_FINE_TO_COARSE, SPC_COARSE_TO_FINE}) {
        const int64_t from = sizes[1 - direction], to = sizes[direction];
        const auto input = test::cast<T>(features(random, from, channels));
        const auto grad = test::cast<T>(oracle::random_matrix(random, to * channels));
        for (const int32_t kind : {SPC_POOL_MAX, SPC_POOL_SUM, SPC_POOL_MEAN, SPC_POOL_MEAN_VOLUME}) {
          SCOPED_TRACE(testing::Message() << spc_rulebook_taps(rulebook.get()) << " taps, " << channels
                                          << " channels, direction " << direction << ", kind " << kind);
          const Job job{direction, kind, from, to, channels};
          const Pooled<T> expected = on_cpu<T>(rulebook.get(), job, input, grad);
          expect_same(on_device<T>(queue, moved, job, input, grad), expected);
          if (layout != Layout::kPairs || channels != all_channels[0]) continue;
          // A table of some rows at a time, the last one not full; and of one row.
          const int64_t some = (to / 3 + 1) * spc_rulebook_taps(rulebook.get());
          expect_same(on_device<T>(queue, moved, job, input, grad, some), expected);
          if (voxels == 1) expect_same(on_device<T>(queue, moved, job, input, grad, 1), expected);
        }
      }
    }
  }
}

TYPED_TEST(DevicePooling, Puts_not_a_number_before_all_and_the_lowest_row_before_equals) {
  using T = TypeParam;
  const Queue queue(0, nullptr);
  // Tap 0 reads the higher row of each pair.
  const oracle::Pairs pairs{{{0, 1}, {1, 3}, {2, 5}, {3, 7}}, {{0, 0}, {1, 2}, {2, 4}, {3, 6}}};
  const OnDevice rulebook(queue, pairs, 5, 8, Layout::kTable);
  const Job job{SPC_FINE_TO_COARSE, SPC_POOL_MAX, 8, 5, 1};
  const auto input = test::cast<T>({2, 2, kNan, kNan, 3, kNan, kLow, kLow});
  const auto found = on_device<T>(queue, rulebook, job, input, test::cast<T>({1, 2, 4, 8, 16}));
  EXPECT_EQ(found.saved, (std::vector<int32_t>{0, 2, 5, 6, -1}));
  test::expect_same_bits(found.output, test::cast<T>({2, kNan, kNan, kLow, 0}));
  test::expect_same_bits(found.grad_input, test::cast<T>({1, 0, 2, 0, 0, 4, 8, 0}));
}

// Rows that begin where no load of 16 bytes may.
TYPED_TEST(DevicePooling, Takes_matrices_that_are_not_aligned) {
  using T = TypeParam;
  const Queue queue(0, nullptr);
  const oracle::Pairs pairs{{{0, 1}}, {{0, 0}}};
  const OnDevice rulebook(queue, pairs, 1, 2, Layout::kTable);
  std::vector<T> values;
  for (int i = 0; i < 33; ++i) values.push_back(T(static_cast<double>(i % 16)));
  const DeviceMatrix<T> memory(queue, values, 33, 1), output(queue, 1, 16);
  spc_matrix input = memory.view();
  input.data = static_cast<T *>(input.data) + 1;
  input.rows = 2;
  input.columns = 16;
  pooling_forward(queue, rulebook[SPC_FINE_TO_COARSE], SPC_POOL_SUM, input, nullptr, output.view());
  std::vector<T> expected;
  for (int i = 1; i <= 16; ++i) expected.push_back(T(static_cast<double>(2 * (i % 16))));
  test::expect_same_bits(output.read(queue), expected);
}

TEST(DevicePooling, Refuses_a_matrix_that_is_elsewhere) {
  const Queue queue(0, nullptr);
  const OnDevice rulebook(queue, {{{0, 0}}}, 1, 1, Layout::kTable);
  std::vector<float> values(1);
  const spc_matrix host = test::view(values, 1, 1);
  try {
    pooling_forward(queue, rulebook[0], SPC_POOL_SUM, host, nullptr, host);
    FAIL() << "it took host memory";
  } catch (const spc::Error &error) {
    EXPECT_STREQ(error.what(), "input.device is -1, must be 0");
  }
}

}  // namespace
