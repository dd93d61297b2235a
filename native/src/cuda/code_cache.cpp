#include "cuda/code_cache.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

#if defined(_WIN32)
#include <process.h>
#define SPC_PROCESS_ID _getpid
#else
#include <unistd.h>
#define SPC_PROCESS_ID getpid
#endif

namespace spc::cuda {
namespace {

// FNV-1a with 64 bits and a given start value.
uint64_t digest(std::string_view bytes, uint64_t start) {
  uint64_t hash = 0xcbf29ce484222325 ^ start;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

constexpr char kMagic[8] = {'s', 'p', 'c', 'c', 'o', 'd', 'e', '1'};

struct Header {
  char magic[8];
  uint64_t key_size, value_size;
  uint64_t value_digest;
};

std::filesystem::path default_folder() {
  const auto variable = [](const char *name) -> std::filesystem::path {
    const char *const value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  if (const auto own = variable("SPARSECONV_CACHE"); !own.empty()) return own == "off" ? "" : own;
#if defined(_WIN32)
  const auto base = variable("LOCALAPPDATA");
#else
  auto base = variable("XDG_CACHE_HOME");
  if (base.empty()) {
    const auto home = variable("HOME");
    if (!home.empty()) base = home / ".cache";
  }
#endif
  return base.empty() ? base : base / "sparseconv";
}

}  // namespace

CodeCache::CodeCache() : folder_(default_folder()) {}

std::filesystem::path CodeCache::path_of(std::string_view key) const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  for (const uint64_t start : {uint64_t{0}, uint64_t{0x9e3779b97f4a7c15}}) {
    const uint64_t hash = digest(key, start);
    for (int shift = 60; shift >= 0; shift -= 4) name += kDigits[hash >> shift & 15];
  }
  return folder_ / (name + ".bin");
}

std::optional<std::string> CodeCache::read(std::string_view key) const {
  if (folder_.empty()) return std::nullopt;
  std::ifstream file(path_of(key), std::ios::binary);
  if (!file) return std::nullopt;
  std::string all;
  // Stream iterators would throw where reading fails.
  for (char piece[4096]; file.read(piece, sizeof piece), file.gcount() > 0;) {
    all.append(piece, static_cast<std::size_t>(file.gcount()));
  }
  Header header;
  if (all.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, all.data(), sizeof header);
  const std::string_view rest = std::string_view(all).substr(sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.key_size != key.size() ||
      rest.size() < key.size() || rest.size() - key.size() != header.value_size || rest.substr(0, key.size()) != key) {
    return std::nullopt;
  }
  const std::string_view value = rest.substr(key.size());
  if (digest(value, 0) != header.value_digest) return std::nullopt;
  return std::string(value);
}

// Writes a file beside the entry and renames it, so that no process reads half an entry.
void CodeCache::write(std::string_view key, std::string_view value) const noexcept {
  if (folder_.empty()) return;
  try {
    static std::atomic<unsigned> number{0};
    std::filesystem::create_directories(folder_);
    const std::filesystem::path path = path_of(key);
    const std::filesystem::path draft =
        path.string() + "." + std::to_string(SPC_PROCESS_ID()) + "." + std::to_string(++number);
    Header header{{}, key.size(), value.size(), digest(value, 0)};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    {
      std::ofstream file(draft, std::ios::binary);
      file.write(reinterpret_cast<const char *>(&header), sizeof header);
      file.write(key.data(), static_cast<std::streamsize>(key.size()));
      file.write(value.data(), static_cast<std::streamsize>(value.size()));
      file.flush();
      if (!file) {
        file.close();
        std::error_code ignored;
        std::filesystem::remove(draft, ignored);
        return;
      }
    }
    std::error_code ignored;
    std::filesystem::rename(draft, path, ignored);
    if (ignored) std::filesystem::remove(draft, ignored);
  } catch (...) {
    // A cache that cannot be written counts as no cache.
  }
}

}  // namespace spc::cuda
