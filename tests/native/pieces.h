// What tests of layers have in common: instruction sets, clouds with a kernel, and the measure of error.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "handles.h"

namespace test {

inline std::vector<std::string> isas() {
  if (const char *forced = std::getenv("SPARSECONV_ISA"); forced != nullptr && *forced != '\0') return {forced};
  std::vector<std::string> names;
  for (int32_t i = 0; i < spc_isa_count(); ++i) names.emplace_back(spc_isa_name(i));
  return names;
}

// Chosen for the duration of a test.
class ForcedIsa {
 public:
  explicit ForcedIsa(const std::string &name) {
    const char *before = nullptr;
    ok(spc_isa(&before));
    before_ = before;
    ok(spc_set_isa(name.c_str()));
  }
  ~ForcedIsa() { spc_set_isa(before_.c_str()); }

 private:
  std::string before_;
};

// Squared error relative to the squared size of what is expected.
template <class T, class Memory>
double error_of(const std::vector<T, Memory> &found, const oracle::Matrix &expected) {
  EXPECT_EQ(found.size(), expected.size());
  double error = 0, size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += (found[i] - expected[i]) * (found[i] - expected[i]);
    size += expected[i] * expected[i];
  }
  return size == 0 ? error : error / size;
}

struct Pieces {
  oracle::Cloud coarse, fine;
  oracle::Geometry geometry;
  bool same;
};

inline Pieces submanifold(int dimensions, int32_t size, int64_t voxels, uint32_t seed) {
  std::mt19937 random(seed);
  const auto n = static_cast<std::size_t>(dimensions);
  const oracle::Cloud cloud = oracle::random_cloud(random, dimensions, voxels, -6, 12, 2);
  return {cloud,
          cloud,
          {std::vector<int32_t>(n, size), std::vector<int32_t>(n, 1), std::vector<int32_t>(n, 1),
           std::vector<int32_t>(n, size / 2)},
          true};
}

inline Pieces strided(int dimensions, int32_t size, int32_t stride, int64_t voxels, uint32_t seed) {
  std::mt19937 random(seed);
  const auto n = static_cast<std::size_t>(dimensions);
  const oracle::Geometry geometry{std::vector<int32_t>(n, size), std::vector<int32_t>(n, stride),
                                  std::vector<int32_t>(n, 1), std::vector<int32_t>(n, size / 2)};
  const oracle::Cloud fine = oracle::random_cloud(random, dimensions, voxels, -6, 12, 2);
  return {oracle::dilated(fine, geometry, {}), fine, geometry, false};
}

}  // namespace test
