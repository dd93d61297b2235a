// Programs made ready for a GPU: compiled by NVRTC, or taken from the disk where that was done before.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace spc::cuda {

struct Compiled {
  std::string code;  // machine code, or PTX where the compiler is older than the GPU
  std::string log;
};

// Of NVRTC, 11.8 as {11, 8}; throws SPC_DEVICE where there is none.
std::pair<int, int> nvrtc_version();

// `architecture` is that of the GPU, 90 for sm_90. Throws SPC_DEVICE with the compiler's first complaint.
Compiled compile(std::string_view program, std::string_view macros, int architecture);

// The same from the cache where it is there and whole, else compiled and put there.
std::string compile_once(std::string_view program, std::string_view macros, int architecture);

}  // namespace spc::cuda
