// Links of the CUDA engine, to the bit against the CPU engine's.
#include "cuda/links.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "device_sites.h"

namespace {

using test::Queue;
using test::SitesPointer;
using namespace spc::cuda;

struct Destroy {
  void operator()(spc_links *links) const { spc_links_destroy(links); }
};
using CpuLinks = std::unique_ptr<spc_links, Destroy>;

struct Read {
  std::vector<int64_t> starts, rows;
  std::vector<double> weights;

  bool operator==(const Read &) const = default;
};

Read read(const CpuLinks &links) {
  const auto count = static_cast<std::size_t>(spc_links_count(links.get()));
  Read result{std::vector<int64_t>(static_cast<std::size_t>(spc_links_points(links.get())) + 1),
              std::vector<int64_t>(count), std::vector<double>(count)};
  test::ok(spc_links_read(links.get(), nullptr, result.starts.data(), result.rows.data(), result.weights.data()));
  return result;
}

Read read(const Queue &queue, const Links &links, bool on_device) {
  const auto count = static_cast<std::size_t>(links.count());
  test::Array<int64_t> starts(queue, std::vector<int64_t>(static_cast<std::size_t>(links.points()) + 1, -77),
                              on_device);
  test::Array<int64_t> rows(queue, std::vector<int64_t>(count, -77), on_device);
  test::Array<double> weights(queue, std::vector<double>(count, -77), on_device);
  read_links(queue, links, starts.data(), rows.data(), weights.data());
  return {starts.read(), rows.read(), weights.read()};
}

// The links of one side as they lie on the device.
Read read(const Queue &queue, const LinkSide &side, int64_t count) {
  Read result{std::vector<int64_t>(static_cast<std::size_t>(side.items) + 1), {}, {}};
  std::vector<int32_t> others(static_cast<std::size_t>(count));
  result.weights.assign(others.size(), 1);
  queue.copy(result.starts.data(), side.starts, (side.items + 1) * 8);
  queue.copy(others.data(), side.others, count * 4);
  if (side.weights != nullptr) queue.copy(result.weights.data(), side.weights, count * 8);
  queue.synchronize();
  result.rows.assign(others.begin(), others.end());
  return result;
}

// By row what stands by point, where the points of a row ascend.
Read turned(const Read &by_point, int64_t rows) {
  struct Link {
    int64_t row, point;
    double weight;
  };
  std::vector<Link> links;
  for (std::size_t point = 0; point + 1 < by_point.starts.size(); ++point) {
    for (int64_t i = by_point.starts[point]; i < by_point.starts[point + 1]; ++i) {
      const auto at = static_cast<std::size_t>(i);
      links.push_back({by_point.rows[at], static_cast<int64_t>(point), by_point.weights[at]});
    }
  }
  std::stable_sort(links.begin(), links.end(), [](const Link &a, const Link &b) { return a.row < b.row; });
  Read result{std::vector<int64_t>(static_cast<std::size_t>(rows) + 1), {}, {}};
  for (const Link &link : links) {
    ++result.starts[static_cast<std::size_t>(link.row) + 1];
    result.rows.push_back(link.point);
    result.weights.push_back(link.weight);
  }
  for (std::size_t row = 0; row + 1 < result.starts.size(); ++row) result.starts[row + 1] += result.starts[row];
  return result;
}

void expect_same(const Queue &queue, const Links &links, const CpuLinks &cpu) {
  ASSERT_EQ(links.points(), spc_links_points(cpu.get()));
  ASSERT_EQ(links.rows(), spc_links_rows(cpu.get()));
  ASSERT_EQ(links.count(), spc_links_count(cpu.get()));
  const Read expected = read(cpu);
  EXPECT_EQ(read(queue, links, false), expected);
  EXPECT_EQ(read(queue, links, true), expected);
  EXPECT_EQ(read(queue, links.by_point(), links.count()), expected);
  EXPECT_EQ(read(queue, links.by_row(), links.count()), turned(expected, links.rows()));
}

struct Scene {
  int dimensions;
  oracle::Cloud cloud;
  std::vector<double> points;
  std::vector<int32_t> batch;
};

// Points inside of voxels, between them, on their corners and centres, far away, and of no batch.
Scene make_scene(int dimensions, int64_t voxels, int64_t points, unsigned seed) {
  std::mt19937 random(seed);
  const int32_t extent = dimensions == 1 ? 90 : dimensions == 2 ? 12 : dimensions == 3 ? 8 : 5;
  Scene scene{dimensions, oracle::random_cloud(random, dimensions, voxels, -3, extent, 2), {}, {}};
  std::uniform_real_distribution<double> place(-5, extent - 1);
  for (int64_t i = 0; i < points; ++i) {
    scene.batch.push_back(static_cast<int32_t>(random() % 4) - 1);
    for (int axis = 0; axis < dimensions; ++axis) {
      const double value = place(random);
      scene.points.push_back(i % 5 == 0 ? std::floor(value) : i % 5 == 1 ? std::floor(value) + 0.5 : value);
    }
  }
  if (points > 1) scene.points[0] = 1e300, scene.points.back() = -1e300;
  return scene;
}

struct Rule {
  int32_t kind, missing;
  double anchor;
};

void expect_scene(const Queue &queue, const Scene &scene, const Rule &rule, bool batched) {
  const test::Map map = test::make_map(scene.cloud, scene.dimensions);
  const SitesPointer sites = test::make_sites(queue, scene.cloud, scene.dimensions);
  const auto count = std::ssize(scene.batch);
  spc_links *made = nullptr;
  test::ok(spc_links_create(map.get(), scene.points.data(), batched ? scene.batch.data() : nullptr, count, rule.kind,
                            rule.missing, rule.anchor, nullptr, &made));
  const CpuLinks cpu(made);
  for (const bool on_device : {false, true}) {
    test::Array<double> points(queue, scene.points, on_device);
    test::Array<int32_t> batch(queue, scene.batch, on_device);
    expect_same(queue,
                Links(queue, *sites, points.data(), batched ? batch.data() : nullptr, count, rule.kind, rule.missing,
                      rule.anchor),
                cpu);
  }
}

class LinksOnDevice : public test::OnDevice {};

TEST_F(LinksOnDevice, Are_those_of_the_CPU) {
  const Queue queue(0, nullptr);
  for (int dimensions = 1; dimensions <= 4; ++dimensions) {
    for (const Rule &rule : {Rule{SPC_NEAREST, SPC_MISSING_ZERO, 0.5}, Rule{SPC_NEAREST, SPC_MISSING_RENORMALIZE, 0},
                             Rule{SPC_LINEAR, SPC_MISSING_ZERO, 0.5}, Rule{SPC_LINEAR, SPC_MISSING_RENORMALIZE, 0.5},
                             Rule{SPC_LINEAR, SPC_MISSING_RENORMALIZE, 0}, Rule{SPC_LINEAR, SPC_MISSING_ZERO, 0.3}}) {
      for (const bool batched : {true, false}) {
        expect_scene(queue, make_scene(dimensions, 80, 300, 21), rule, batched);
      }
    }
  }
}

TEST_F(LinksOnDevice, Are_those_of_the_CPU_for_thousands_of_points) {
  const Queue queue(0, nullptr);
  expect_scene(queue, make_scene(3, 600, 5000, 22), {SPC_LINEAR, SPC_MISSING_RENORMALIZE, 0.5}, true);
}

TEST_F(LinksOnDevice, Of_nothing_or_to_nothing_there_are_none) {
  const Queue queue(0, nullptr);
  for (const int32_t kind : {SPC_NEAREST, SPC_LINEAR}) {
    expect_scene(queue, make_scene(3, 0, 5, 23), {kind, SPC_MISSING_RENORMALIZE, 0.5}, true);
    expect_scene(queue, make_scene(3, 5, 0, 23), {kind, SPC_MISSING_RENORMALIZE, 0.5}, true);
  }
}

TEST_F(LinksOnDevice, By_rows_have_weight_one) {
  const Queue queue(0, nullptr);
  std::mt19937 random(24);
  for (const int64_t points : {0, 1, 700}) {
    std::vector<int64_t> row_of;
    for (int64_t i = 0; i < points; ++i) row_of.push_back(static_cast<int64_t>(random() % 300) - 1);
    spc_links *made = nullptr;
    test::ok(spc_links_create_from_rows(row_of.data(), points, 301, -1, nullptr, &made));
    const CpuLinks cpu(made);
    for (const bool on_device : {false, true}) {
      test::Array<int64_t> given(queue, row_of, on_device);
      const Links links(queue, given.data(), points, 301);
      expect_same(queue, links, cpu);
      EXPECT_EQ(links.by_point().weights, nullptr);
    }
  }
}

TEST_F(LinksOnDevice, Bad_arguments_are_named_as_on_the_CPU) {
  const Queue queue(0, nullptr);
  const test::Map map = test::make_map({{0, 1, 2}}, 2);
  const SitesPointer sites = test::make_sites(queue, {{0, 1, 2}}, 2);
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double points[6] = {0, 0, 1, kInfinity, std::numeric_limits<double>::quiet_NaN(), -kInfinity};
  spc_links *made = nullptr;
  const auto refuse = [&](const double *given, int64_t count, int32_t kind, int32_t missing, double anchor) {
    const spc_status status = spc_links_create(map.get(), given, nullptr, count, kind, missing, anchor, nullptr, &made);
    EXPECT_NE(status, SPC_OK);
    EXPECT_EQ(test::refusal([&] { Links(queue, *sites, given, nullptr, count, kind, missing, anchor); }),
              std::make_pair(status, std::string(spc_last_error())));
  };
  for (const int64_t first : {0, 2, 4}) refuse(points + first, (6 - first) / 2, SPC_LINEAR, SPC_MISSING_ZERO, 0.5);
  refuse(points, 3, SPC_NEAREST, SPC_MISSING_ZERO, 0.5);
  refuse(points, 1, 7, SPC_MISSING_ZERO, 0.5);
  refuse(points, 1, SPC_LINEAR, 7, 0.5);
  refuse(points, 1, SPC_LINEAR, SPC_MISSING_ZERO, 1.5);
  refuse(points, -1, SPC_LINEAR, SPC_MISSING_ZERO, 0.5);
  refuse(points, int64_t{1} << 31, SPC_LINEAR, SPC_MISSING_ZERO, 0.5);
  refuse(nullptr, 1, SPC_LINEAR, SPC_MISSING_ZERO, 0.5);
  const auto refuse_rows = [&](const int64_t *given, int64_t count, int64_t rows) {
    const spc_status status = spc_links_create_from_rows(given, count, rows, -1, nullptr, &made);
    EXPECT_NE(status, SPC_OK);
    EXPECT_EQ(test::refusal([&] { Links(queue, given, count, rows); }),
              std::make_pair(status, std::string(spc_last_error())));
  };
  const int64_t rows[4] = {4, -1, 5, -2};
  refuse_rows(rows, 4, 5);
  refuse_rows(rows + 3, 1, 5);
  refuse_rows(rows, 1, -1);
  refuse_rows(nullptr, 1, 5);
}

}  // namespace
