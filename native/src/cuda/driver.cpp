#include "cuda/driver.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "cuda/library.h"
#include "error.h"

namespace spc::cuda {
namespace {

// A table of functions, or the reason why there is none.
template <class Api>
struct Opened {
  Api api;
  std::string failure;
};

// Tries the candidates in order; `load` returns what a library lacks, or an empty text.
template <class Api, class Load>
Opened<Api> open_first(const std::string &what, const char *variable, const std::vector<std::string> &candidates,
                       const Load &load) {
  Opened<Api> result;
  std::string tried;
  for (const std::string &candidate : candidates) {
    std::string why;
    const Library library = Library::open(candidate, why);
    if (library) {
      Api api;
      why = load(library, api);
      if (why.empty()) {
        result.api = api;
        return result;
      }
    }
    tried += (tried.empty() ? "" : "; ") + candidate + ": " + why;
  }
  result.failure = what + " was not found (" + variable + " names one elsewhere); tried " + tried;
  return result;
}

std::string load_driver(const Library &library, Driver &api) {
  std::string missing;
#define SPC_LOAD(name, symbol, parameters) \
  if (!library.find(#symbol, api.name)) missing = missing.empty() ? "has no " #symbol : missing;
  SPC_DRIVER_FUNCTIONS(SPC_LOAD)
#undef SPC_LOAD
#define SPC_LOAD(name, symbol, parameters) library.find(#symbol, api.name);
  SPC_DRIVER_OPTIONAL(SPC_LOAD)
#undef SPC_LOAD
  return missing;
}

std::string load_nvrtc(const Library &library, Nvrtc &api) {
  std::string missing;
#define SPC_LOAD(name, symbol, parameters) \
  if (!library.find(#symbol, api.name)) missing = missing.empty() ? "has no " #symbol : missing;
  SPC_NVRTC_FUNCTIONS(SPC_LOAD)
#undef SPC_LOAD
#define SPC_LOAD(name, symbol, parameters) library.find(#symbol, api.name);
  SPC_NVRTC_OPTIONAL(SPC_LOAD)
#undef SPC_LOAD
  return missing;
}

std::optional<std::string> named_by(const char *variable) {
  const char *const value = std::getenv(variable);
  return value != nullptr && *value != '\0' ? std::optional<std::string>(value) : std::nullopt;
}

// NVRTC in a folder, whatever version or hash its file name carries, newest name first; not its companions.
void add_from_folder(const std::filesystem::path &folder, std::vector<std::string> &candidates) {
  std::error_code ignored;
  std::vector<std::string> found;
  for (std::filesystem::directory_iterator it(folder, ignored), end; it != end; it.increment(ignored)) {
    const std::string name = it->path().filename().string();
    const bool is_nvrtc = name.starts_with("libnvrtc") || name.starts_with("nvrtc64_");
    const bool companion = name.find("builtins") != std::string::npos || name.find(".alt.") != std::string::npos;
    const bool is_library = name.find(".so") != std::string::npos || name.ends_with(".dll");
    if (is_nvrtc && !companion && is_library) found.push_back(it->path().string());
  }
  std::sort(found.rbegin(), found.rend());
  candidates.insert(candidates.end(), found.begin(), found.end());
}

std::vector<std::string> nvrtc_candidates() {
  if (const auto named = named_by("SPARSECONV_NVRTC")) return {*named};
  std::vector<std::string> candidates;
  // libtorch for CUDA brings NVRTC along, in its own folder or, from pip, in that of a package beside it.
  for (const std::string &loaded : loaded_libraries({"libtorch", "libc10", "torch_cuda", "torch_cpu", "c10"})) {
    const std::filesystem::path folder = std::filesystem::path(loaded).parent_path();
    add_from_folder(folder, candidates);
    for (const char *const package :
         {"../../nvidia/cuda_nvrtc/lib", "../../nvidia/cu13/lib", "../../nvidia/cu12/lib"}) {
      add_from_folder((folder / package).lexically_normal(), candidates);
    }
  }
#if defined(_WIN32)
  for (const char *const name : {"nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll"}) {
    candidates.emplace_back(name);
  }
#else
  for (const char *const name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"}) {
    candidates.emplace_back(name);
  }
  add_from_folder("/usr/local/cuda/lib64", candidates);
#endif
  std::vector<std::string> distinct;
  for (const std::string &candidate : candidates) {
    if (std::find(distinct.begin(), distinct.end(), candidate) == distinct.end()) distinct.push_back(candidate);
  }
  return distinct;
}

std::vector<std::string> driver_candidates() {
  if (const auto named = named_by("SPARSECONV_CUDA_DRIVER")) return {*named};
#if defined(_WIN32)
  return {"nvcuda.dll"};
#else
  return {"libcuda.so.1", "libcuda.so", "/usr/lib/wsl/lib/libcuda.so.1"};
#endif
}

}  // namespace

const Driver &driver() {
  static const Opened<Driver> opened =
      open_first<Driver>("the CUDA driver", "SPARSECONV_CUDA_DRIVER", driver_candidates(), load_driver);
  if (!opened.failure.empty()) fail_device(opened.failure);
  return opened.api;
}

// Searches again until it is found, because libtorch may be loaded after this library.
const Nvrtc &nvrtc() {
  static std::mutex gate;
  static std::optional<Nvrtc> found;
  const std::lock_guard<std::mutex> lock(gate);
  if (!found) {
    const Opened<Nvrtc> opened =
        open_first<Nvrtc>("NVRTC, which compiles the kernels,", "SPARSECONV_NVRTC", nvrtc_candidates(), load_nvrtc);
    if (!opened.failure.empty()) fail_device(opened.failure);
    found = opened.api;
  }
  return *found;
}

}  // namespace spc::cuda
