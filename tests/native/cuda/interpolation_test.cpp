// Interpolation and splatting on the device against the CPU engine, which adds up in the same order: results are the
// same to the bit.
#include "cuda/interpolation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "device_matrix.h"
#include "half.h"
#include "layer.h"

namespace {

using namespace spc::cuda;
using oracle::Matrix;
using test::DeviceMatrix;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kLow = -std::numeric_limits<double>::infinity();

struct Destroy {
  void operator()(spc_links *links) const { spc_links_destroy(links); }
};
using OwnedLinks = std::unique_ptr<spc_links, Destroy>;

// Links of the CPU engine's as one side has them.
struct HostSide {
  std::vector<int64_t> starts;
  std::vector<int32_t> others;
  std::vector<double> weights;  // empty: all 1
};

// The other side of the same links; items of a side ascend within one of the other.
HostSide turned(const HostSide &side, int64_t items) {
  HostSide result;
  result.starts.assign(items + 1, 0);
  for (const int32_t other : side.others) ++result.starts[other + 1];
  for (int64_t i = 0; i < items; ++i) result.starts[i + 1] += result.starts[i];
  std::vector<int64_t> at(result.starts.begin(), result.starts.end() - 1);
  result.others.resize(side.others.size());
  result.weights.resize(side.weights.size());
  for (std::size_t item = 0; item + 1 < side.starts.size(); ++item) {
    for (int64_t link = side.starts[item]; link < side.starts[item + 1]; ++link) {
      const int64_t to = at[side.others[link]]++;
      result.others[to] = static_cast<int32_t>(item);
      if (!side.weights.empty()) result.weights[to] = side.weights[link];
    }
  }
  return result;
}

class OnDevice {
 public:
  OnDevice(const Queue &queue, const HostSide &by_point, int64_t rows)
      : points_(queue, by_point), rows_(queue, turned(by_point, rows)) {}
  BothSides sides() const { return {points_.view(), rows_.view()}; }

 private:
  struct Kept {
    Kept(const Queue &queue, const HostSide &side)
        : starts(test::to_device(queue, side.starts)), others(test::to_device(queue, side.others)) {
      if (!side.weights.empty()) weights = test::to_device(queue, side.weights);
    }
    LinkSide view() const { return {starts.count() - 1, starts.data(), others.data(), weights.data()}; }

    Buffer<int64_t> starts;
    Buffer<int32_t> others;
    Buffer<double> weights;
  };
  Kept points_, rows_;
};

HostSide read(const OwnedLinks &links, bool weighted) {
  HostSide side;
  side.starts.resize(spc_links_points(links.get()) + 1);
  std::vector<int64_t> rows(spc_links_count(links.get()));
  std::vector<double> weights(rows.size());
  test::ok(spc_links_read(links.get(), nullptr, side.starts.data(), rows.data(), weights.data()));
  side.others.assign(rows.begin(), rows.end());
  if (weighted) side.weights = weights;
  return side;
}

// Every result of a call and of its gradient, by points and by rows.
template <class T>
struct Results {
  std::vector<std::vector<T>> matrices;
  std::vector<int32_t> saved;
};

template <class T>
Results<T> on_cpu(const spc_links *links, int64_t points, int64_t rows, int64_t channels, std::vector<T> of_points,
                  std::vector<T> of_rows) {
  Results<T> result;
  result.saved.assign(rows * channels, -7);
  const spc_matrix p = test::view(of_points, points, channels), r = test::view(of_rows, rows, channels);
  const auto write = [&](int64_t items, const auto &run) {
    std::vector<T> values(items * channels, T(kNan));
    const spc_matrix matrix = test::view(values, items, channels);
    test::ok(run(&matrix));
    result.matrices.push_back(std::move(values));
  };
  write(points, [&](const spc_matrix *to) { return spc_interpolation_forward(links, &r, nullptr, to); });
  write(rows, [&](const spc_matrix *to) { return spc_interpolation_backward(links, &p, nullptr, to); });
  for (const int32_t kind : {SPC_SPLAT_SUM, SPC_SPLAT_MEAN, SPC_SPLAT_MAX}) {
    int32_t *const saved = result.saved.data();
    write(rows, [&](const spc_matrix *to) { return spc_splat_forward(links, kind, &p, nullptr, saved, to); });
    write(points, [&](const spc_matrix *to) { return spc_splat_backward(links, kind, &r, saved, nullptr, to); });
  }
  return result;
}

template <class T>
Results<T> on_device(const Queue &queue, const BothSides &links, int64_t channels, const std::vector<T> &of_points,
                     const std::vector<T> &of_rows) {
  const int64_t points = links.by_point.items, rows = links.by_row.items;
  const DeviceMatrix<T> p(queue, of_points, points, channels), r(queue, of_rows, rows, channels);
  const Buffer<int32_t> saved(queue, rows * channels);
  Results<T> result;
  const auto write = [&](int64_t items, const auto &run) {
    const DeviceMatrix<T> matrix(queue, items, channels);
    run(matrix.view());
    result.matrices.push_back(matrix.read(queue));
  };
  write(points, [&](const spc_matrix &to) { interpolation_forward(queue, links, r.view(), to); });
  write(rows, [&](const spc_matrix &to) { interpolation_backward(queue, links, p.view(), to); });
  for (const int32_t kind : {SPC_SPLAT_SUM, SPC_SPLAT_MEAN, SPC_SPLAT_MAX}) {
    write(rows, [&](const spc_matrix &to) { splat_forward(queue, links, kind, p.view(), saved.data(), to); });
    write(points, [&](const spc_matrix &to) { splat_backward(queue, links, kind, r.view(), saved.data(), to); });
  }
  const DeviceMatrix<T> unsaved(queue, rows, channels);
  splat_forward(queue, links, SPC_SPLAT_MAX, p.view(), nullptr, unsaved.view());
  test::expect_same_bits(unsaved.read(queue), result.matrices[6]);
  result.saved = test::to_host(queue, saved);
  return result;
}

template <class T>
void expect_same(const Results<T> &found, const Results<T> &expected) {
  const char *const names[] = {"interpolation", "its gradient", "sum", "its gradient",
                               "mean",          "its gradient", "max", "its gradient"};
  ASSERT_EQ(found.matrices.size(), expected.matrices.size());
  for (std::size_t i = 0; i < found.matrices.size(); ++i) {
    SCOPED_TRACE(names[i]);
    test::expect_same_bits(found.matrices[i], expected.matrices[i]);
  }
  EXPECT_EQ(found.saved, expected.saved);
}

// Some equals, some not-a-number, some below all.
template <class T>
std::vector<T> features(std::mt19937 &random, int64_t count) {
  Matrix values = oracle::random_matrix(random, count);
  for (double &value : values) {
    if (random() % 3 == 0) value = std::floor(4 * value) - 3;
    if (random() % 97 == 0) value = random() % 2 == 0 ? kNan : kLow;
  }
  return test::cast<T>(values);
}

template <class T>
class DeviceLinks : public testing::Test {};
using Types = testing::Types<float, double, test::BFloat16, test::Float16>;
TYPED_TEST_SUITE(DeviceLinks, Types);

TYPED_TEST(DeviceLinks, Have_the_bits_of_the_CPU_engine) {
  using T = TypeParam;
  std::mt19937 random(51);
  const Queue queue(0, nullptr);
  for (const int dimensions : {1, 3}) {
    const int32_t extent = dimensions == 1 ? 90 : 5;
    const test::Map map = test::make_map(oracle::random_cloud(random, dimensions, 70, -3, extent, 2), dimensions);
    std::uniform_real_distribution<double> place(-4, extent - 2);
    std::vector<double> points(150 * dimensions);
    std::vector<int32_t> batch(150);
    for (double &value : points) value = place(random);
    for (int32_t &value : batch) value = static_cast<int32_t>(random() % 4) - 1;
    for (const int32_t missing : {SPC_MISSING_ZERO, SPC_MISSING_RENORMALIZE}) {
      spc_links *made = nullptr;
      test::ok(spc_links_create(map.get(), points.data(), batch.data(), 150, SPC_LINEAR, missing, 0.5, nullptr, &made));
      const OwnedLinks links(made);
      const OnDevice moved(queue, read(links, true), 70);
      for (const int64_t channels : {1, 3, 8, 64, 70}) {
        SCOPED_TRACE(testing::Message() << dimensions << " dimensions, " << channels << " channels");
        const auto of_points = features<T>(random, 150 * channels), of_rows = features<T>(random, 70 * channels);
        expect_same(on_device<T>(queue, moved.sides(), channels, of_points, of_rows),
                    on_cpu<T>(links.get(), 150, 70, channels, of_points, of_rows));
      }
    }
  }
}

// Rows without points, points without rows, many points of one row, and no weights.
TYPED_TEST(DeviceLinks, Of_one_row_a_point_have_the_bits_of_the_CPU_engine) {
  using T = TypeParam;
  std::mt19937 random(52);
  const Queue queue(0, nullptr);
  for (const int64_t points : {0, 1, 400}) {
    for (const int64_t rows : {1, 9, 300}) {
      std::vector<int64_t> row_of_point(points);
      for (int64_t &row : row_of_point) row = random() % 5 == 0 ? -1 : static_cast<int64_t>(random() % rows);
      spc_links *made = nullptr;
      test::ok(spc_links_create_from_rows(row_of_point.data(), points, rows, -1, nullptr, &made));
      const OwnedLinks links(made);
      const OnDevice moved(queue, read(links, false), rows);
      for (const int64_t channels : {2, 16}) {
        SCOPED_TRACE(testing::Message() << points << " points, " << rows << " rows, " << channels << " channels");
        const auto of_points = features<T>(random, points * channels), of_rows = features<T>(random, rows * channels);
        expect_same(on_device<T>(queue, moved.sides(), channels, of_points, of_rows),
                    on_cpu<T>(links.get(), points, rows, channels, of_points, of_rows));
      }
    }
  }
}

TYPED_TEST(DeviceLinks, Put_not_a_number_before_all_and_the_first_point_before_equals) {
  using T = TypeParam;
  const Queue queue(0, nullptr);
  const HostSide by_point{{0, 1, 2, 3, 4, 5, 6, 7, 7}, {0, 0, 1, 1, 1, 2, 2}, {}};
  const OnDevice moved(queue, by_point, 4);
  const DeviceMatrix<T> input(queue, test::cast<T>({-2, -2, 5, kNan, kNan, kLow, kLow, 9}), 8, 1);
  const DeviceMatrix<T> output(queue, 4, 1), grad(queue, test::cast<T>({1, 2, 4, 8}), 4, 1), grad_input(queue, 8, 1);
  const Buffer<int32_t> saved(queue, 4);
  splat_forward(queue, moved.sides(), SPC_SPLAT_MAX, input.view(), saved.data(), output.view());
  splat_backward(queue, moved.sides(), SPC_SPLAT_MAX, grad.view(), saved.data(), grad_input.view());
  EXPECT_EQ(test::to_host(queue, saved), (std::vector<int32_t>{0, 3, 5, -1}));
  test::expect_same_bits(output.read(queue), test::cast<T>({-2, kNan, kLow, 0}));
  test::expect_same_bits(grad_input.read(queue), test::cast<T>({1, 0, 0, 2, 0, 4, 0, 0}));
}

}  // namespace
