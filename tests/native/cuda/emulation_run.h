// What the double of the driver needs of the emulation.
#pragma once

#include <cstddef>
#include <string>

namespace emulation {

struct KernelInfo {
  const char *name;
  int threads;
  void (*body)(void **);
};

const KernelInfo *find_kernel(const std::string &program, const std::string &macros, const std::string &name);
bool has_program(const std::string &program, const std::string &macros);

// Nothing, or what went wrong.
std::string run(const KernelInfo &kernel, unsigned grid_x, unsigned grid_y, unsigned threads, std::size_t shared_bytes,
                void **arguments);

}  // namespace emulation
