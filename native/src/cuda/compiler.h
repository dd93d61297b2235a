// Compiles programs for a GPU with NVRTC, or reads them from the disk where they were compiled before.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace spc::cuda {

struct Compiled {
  std::string code;  // machine code, or PTX where the compiler is older than the GPU
  std::string log;
};

// The version of NVRTC, 11.8 as {11, 8}; throws SPC_DEVICE where there is none.
std::pair<int, int> nvrtc_version();

// `architecture` is that of the GPU, 90 for sm_90. Throws SPC_DEVICE with the compiler's first complaint.
Compiled compile(std::string_view program, std::string_view macros, int architecture);

// The same from the cache where the entry is complete, else compiled and added to the cache.
std::string compile_once(std::string_view program, std::string_view macros, int architecture);

}  // namespace spc::cuda
