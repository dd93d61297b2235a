#include "cuda/library.h"

#include <algorithm>

#if defined(_WIN32)
#include <windows.h>

#include <psapi.h>
#else
#include <dlfcn.h>
#include <link.h>
#endif

namespace spc::cuda {
namespace {

bool begins_with_any(const std::string &path, std::initializer_list<const char *> words) {
  const std::string name = path.substr(path.find_last_of("/\\") + 1);
  return std::any_of(words.begin(), words.end(), [&](const char *word) { return name.starts_with(word); });
}

}  // namespace

#if defined(_WIN32)

Library Library::open(const std::string &name, std::string &why) {
  Library library;
  library.handle_ = LoadLibraryA(name.c_str());
  if (library.handle_ == nullptr) why = "error " + std::to_string(GetLastError());
  return library;
}

void *Library::address_of(const char *symbol) const {
  return reinterpret_cast<void *>(GetProcAddress(static_cast<HMODULE>(handle_), symbol));
}

std::vector<std::string> loaded_libraries(std::initializer_list<const char *> words) {
  HMODULE modules[1024];
  DWORD bytes = 0;
  std::vector<std::string> result;
  if (!EnumProcessModules(GetCurrentProcess(), modules, sizeof modules, &bytes)) return result;
  for (DWORD i = 0; i < std::min<DWORD>(bytes / sizeof(HMODULE), 1024); ++i) {
    char path[MAX_PATH];
    if (GetModuleFileNameA(modules[i], path, MAX_PATH) == 0) continue;
    if (begins_with_any(path, words)) result.emplace_back(path);
  }
  return result;
}

#else

Library Library::open(const std::string &name, std::string &why) {
  Library library;
  library.handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle_ == nullptr) {
    const char *const message = dlerror();
    why = message != nullptr ? message : "unknown error";
    // The loader repeats the name.
    if (why.starts_with(name + ": ")) why.erase(0, name.size() + 2);
  }
  return library;
}

void *Library::address_of(const char *symbol) const {
  return dlsym(handle_, symbol);
}

std::vector<std::string> loaded_libraries(std::initializer_list<const char *> words) {
  struct Search {
    std::initializer_list<const char *> words;
    std::vector<std::string> found;
  } search{words, {}};
  const auto visit = [](dl_phdr_info *info, std::size_t, void *data) {
    Search &self = *static_cast<Search *>(data);
    const std::string path = info->dlpi_name != nullptr ? info->dlpi_name : "";
    if (begins_with_any(path, self.words)) self.found.push_back(path);
    return 0;
  };
  dl_iterate_phdr(visit, &search);
  return search.found;
}

#endif

}  // namespace spc::cuda
