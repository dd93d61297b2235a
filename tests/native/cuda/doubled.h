// Tests that only the double of the driver can make, and what it tells beside the driver's own functions.
#pragma once

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>

namespace test {

// A number that the double tells; -1 where the driver is a real one.
inline int64_t of_double(const char *function) {
  const char *const driver = std::getenv("SPARSECONV_CUDA_DRIVER");
  void *const library = driver != nullptr ? dlopen(driver, RTLD_NOW | RTLD_LOCAL) : nullptr;
  void *const found = library != nullptr ? dlsym(library, function) : nullptr;
  return found != nullptr ? reinterpret_cast<int64_t (*)()>(found)() : -1;
}

}  // namespace test

#define SPC_NEEDS_DOUBLE()                                \
  if (test::of_double("driver_double_waits") < 0) {       \
    GTEST_SKIP() << "only the driver's double can be so"; \
  }                                                       \
  static_assert(true)
