// A cache of bytes on disk by key, for any number of processes at once. A folder that cannot be written or an entry
// that is incomplete counts as missing.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spc::cuda {

class CodeCache {
 public:
  // SPARSECONV_CACHE, else sparseconv in the user's cache folder; none where there is no such folder, and where
  // SPARSECONV_CACHE is "off".
  CodeCache();

  std::optional<std::string> read(std::string_view key) const;
  void write(std::string_view key, std::string_view value) const noexcept;

 private:
  std::filesystem::path path_of(std::string_view key) const;

  std::filesystem::path folder_;  // or empty
};

}  // namespace spc::cuda
