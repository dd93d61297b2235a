// The ABI with owned handles and failures as exceptions, for tests.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "oracle.h"
#include "sparseconv.h"

namespace test {

struct Destroy {
  void operator()(spc_map *map) const { spc_map_destroy(map); }
  void operator()(spc_rulebook *rulebook) const { spc_rulebook_destroy(rulebook); }
};
using Map = std::unique_ptr<spc_map, Destroy>;
using Rulebook = std::unique_ptr<spc_rulebook, Destroy>;

inline void ok(spc_status status) {
  if (status != SPC_OK) throw std::runtime_error(std::to_string(status) + ": " + spc_last_error());
}

inline std::vector<int32_t> flat(const oracle::Cloud &cloud) {
  std::vector<int32_t> result;
  for (const oracle::Coordinate &site : cloud) result.insert(result.end(), site.begin(), site.end());
  return result;
}

inline spc_geometry native(const oracle::Geometry &geometry) {
  spc_geometry result{};
  result.dimensions = geometry.dimensions();
  for (int axis = 0; axis < geometry.dimensions(); ++axis) {
    result.size[axis] = geometry.size[axis];
    result.stride[axis] = geometry.stride[axis];
    result.dilation[axis] = geometry.dilation[axis];
    result.padding[axis] = geometry.padding[axis];
  }
  if (!geometry.listed.empty()) {
    result.taps = geometry.listed.data();
    result.tap_count = static_cast<int32_t>(geometry.listed.size() / geometry.size.size());
  }
  return result;
}

inline Map make_map(const oracle::Cloud &cloud, int dimensions) {
  spc_map *map = nullptr;
  ok(spc_map_create(flat(cloud).data(), static_cast<int64_t>(cloud.size()), dimensions, -1, nullptr, &map));
  return Map(map);
}

inline Map coarsen(const Map &fine, const oracle::Geometry &geometry, int32_t rule,
                   const std::vector<int32_t> &bounds) {
  spc_map *map = nullptr;
  const spc_geometry kernel = native(geometry);
  ok(spc_map_coarsen(fine.get(), &kernel, rule, bounds.empty() ? nullptr : bounds.data(), nullptr, &map));
  return Map(map);
}

inline Map refine(const Map &coarse, const oracle::Geometry &geometry, const std::vector<int32_t> &bounds) {
  spc_map *map = nullptr;
  const spc_geometry kernel = native(geometry);
  ok(spc_map_refine(coarse.get(), &kernel, bounds.empty() ? nullptr : bounds.data(), nullptr, &map));
  return Map(map);
}

inline Rulebook make_rulebook(const Map &coarse, const Map &fine, const oracle::Geometry &geometry) {
  spc_rulebook *rulebook = nullptr;
  const spc_geometry kernel = native(geometry);
  ok(spc_rulebook_create(coarse.get(), fine.get(), &kernel, nullptr, &rulebook));
  return Rulebook(rulebook);
}

inline oracle::Cloud coordinates(const Map &map) {
  const auto rows = static_cast<std::size_t>(spc_map_rows(map.get()));
  const auto axes = static_cast<std::size_t>(spc_map_dimensions(map.get())) + 1;
  std::vector<int32_t> values(rows * axes);
  ok(spc_map_coordinates(map.get(), nullptr, values.data()));
  oracle::Cloud cloud;
  for (std::size_t i = 0; i < rows; ++i) {
    cloud.emplace_back(values.begin() + static_cast<std::ptrdiff_t>(i * axes),
                       values.begin() + static_cast<std::ptrdiff_t>((i + 1) * axes));
  }
  return cloud;
}

struct Bounds {
  std::vector<int32_t> low, high;

  bool operator==(const Bounds &) const = default;
};

inline Bounds bounds(const Map &map) {
  const auto axes = static_cast<std::size_t>(spc_map_dimensions(map.get())) + 1;
  Bounds result{std::vector<int32_t>(axes), std::vector<int32_t>(axes)};
  ok(spc_map_bounds(map.get(), result.low.data(), result.high.data()));
  return result;
}

inline oracle::Pairs pairs(const Rulebook &rulebook) {
  const auto taps = static_cast<std::size_t>(spc_rulebook_taps(rulebook.get()));
  std::vector<int64_t> counts(taps);
  ok(spc_rulebook_counts(rulebook.get(), counts.data()));
  oracle::Pairs result(taps);
  for (std::size_t t = 0; t < taps; ++t) {
    std::vector<int64_t> fine(static_cast<std::size_t>(counts[t])), coarse(fine.size());
    ok(spc_rulebook_tap_pairs(rulebook.get(), static_cast<int64_t>(t), nullptr, fine.data(), coarse.data()));
    for (std::size_t i = 0; i < fine.size(); ++i) result[t].emplace_back(coarse[i], fine[i]);
  }
  return result;
}

// 64-byte aligned scratch.
class Workspace {
 public:
  explicit Workspace(int64_t bytes) : bytes_(bytes), memory_(static_cast<std::size_t>(bytes) + 64) {}
  void *data() {
    const auto address = reinterpret_cast<uintptr_t>(memory_.data());
    return reinterpret_cast<void *>((address + 63) / 64 * 64);
  }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_;
  std::vector<char> memory_;
};

template <class T>
constexpr int32_t kTypeOf = sizeof(T) == 4 ? SPC_FLOAT32 : SPC_FLOAT64;

template <class T, class Memory>
spc_matrix view(std::vector<T, Memory> &values, int64_t rows, int64_t columns) {
  return {values.data(), rows, columns, kTypeOf<T>, -1};
}

}  // namespace test
