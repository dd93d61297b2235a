#include "cuda/compiler.h"

#include <algorithm>
#include <vector>

#include "cuda/code_cache.h"
#include "cuda/driver.h"
#include "cuda/sources.h"
#include "error.h"

namespace spc::cuda {
namespace {

const Source &source_of(std::string_view program) {
  const std::string name = std::string(program) + ".cu";
  const Source *const end = kSources + kSourceCount;
  const Source *const found = std::find_if(kSources, end, [&](const Source &source) { return name == source.name; });
  if (found == end) throw Error(SPC_INTERNAL, "there is no device program " + name);
  return *found;
}

// The tests compile the variants of the list and no others.
void check_variant(std::string_view program, std::string_view macros) {
  const bool known = std::any_of(kVariants, kVariants + kVariantCount, [&](const Variant &variant) {
    return variant.program == program && variant.macros == macros;
  });
  if (!known) {
    throw Error(SPC_INTERNAL, "variants.txt has no line '" + std::string(program) + " " + std::string(macros) + "'");
  }
}

// The target of the code: the architecture of the GPU, or PTX for the newest one that the compiler knows.
struct Target {
  int architecture;
  bool machine_code;
};

Target choose_target(int architecture) {
  const Nvrtc &api = nvrtc();
  if (api.architecture_count == nullptr || api.architectures == nullptr) return {architecture, api.cubin != nullptr};
  int count = 0;
  if (api.architecture_count(&count) != 0 || count <= 0) return {architecture, api.cubin != nullptr};
  std::vector<int> known(static_cast<std::size_t>(count));
  api.architectures(known.data());
  if (std::find(known.begin(), known.end(), architecture) != known.end()) return {architecture, api.cubin != nullptr};
  int best = 0;
  for (const int one : known) {
    if (one <= architecture) best = std::max(best, one);
  }
  if (best == 0) {
    fail_unsupported("the GPU is sm_" + std::to_string(architecture) + ", and NVRTC makes code for sm_" +
                     std::to_string(*std::min_element(known.begin(), known.end())) + " and newer ones only");
  }
  return {best, false};
}

std::vector<std::string> options_for(std::string_view macros, Target target) {
  std::vector<std::string> options{(target.machine_code ? "--gpu-architecture=sm_" : "--gpu-architecture=compute_") +
                                       std::to_string(target.architecture),
                                   "--std=c++17"};
  while (!macros.empty()) {
    const std::size_t end = std::min(macros.find(' '), macros.size());
    options.push_back("-D" + std::string(macros.substr(0, end)));
    macros.remove_prefix(std::min(end + 1, macros.size()));
  }
  return options;
}

class Program {
 public:
  explicit Program(const Source &source) {
    std::vector<const char *> names, texts;
    for (int i = 0; i < kSourceCount; ++i) {
      if (!std::string_view(kSources[i].name).ends_with(".cuh")) continue;
      names.push_back(kSources[i].name);
      texts.push_back(kSources[i].text);
    }
    check(api_.create(&program_, source.text, source.name, static_cast<int>(names.size()), texts.data(), names.data()),
          "nvrtcCreateProgram");
  }
  ~Program() { api_.destroy(&program_); }
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  Compiled compile(const std::vector<std::string> &options, bool machine_code) {
    std::vector<const char *> words;
    for (const std::string &option : options) words.push_back(option.c_str());
    const NvrtcResult result = api_.compile(program_, static_cast<int>(words.size()), words.data());
    Compiled compiled{{}, read(api_.log_size, api_.log)};
    if (result != 0) {
      fail_device("NVRTC refused a kernel (error " + std::to_string(result) +
                  "): " + compiled.log.substr(0, compiled.log.find('\n')));
    }
    compiled.code = machine_code ? read(api_.cubin_size, api_.cubin) : read(api_.ptx_size, api_.ptx);
    return compiled;
  }

 private:
  static void check(NvrtcResult result, const char *what) {
    if (result != 0) fail_device(std::string(what) + " failed with error " + std::to_string(result));
  }

  std::string read(NvrtcResult (*size_of)(NvrtcProgram, std::size_t *), NvrtcResult (*copy)(NvrtcProgram, char *)) {
    std::size_t size = 0;
    check(size_of(program_, &size), "asking NVRTC for a size");
    std::string text(size, '\0');
    if (size > 0) check(copy(program_, text.data()), "reading from NVRTC");
    return text;
  }

  const Nvrtc &api_ = nvrtc();
  NvrtcProgram program_ = nullptr;
};

}  // namespace

std::pair<int, int> nvrtc_version() {
  std::pair<int, int> version;
  if (nvrtc().version(&version.first, &version.second) != 0) fail_device("NVRTC does not tell its version");
  return version;
}

Compiled compile(std::string_view program, std::string_view macros, int architecture) {
  check_variant(program, macros);
  const Target target = choose_target(architecture);
  return Program(source_of(program)).compile(options_for(macros, target), target.machine_code);
}

std::string compile_once(std::string_view program, std::string_view macros, int architecture) {
  check_variant(program, macros);
  const Source &source = source_of(program);
  const Target target = choose_target(architecture);
  const std::vector<std::string> options = options_for(macros, target);
  const auto [major, minor] = nvrtc_version();
  std::string key = std::string(SPC_VERSION) + "\n" + std::to_string(major) + "." + std::to_string(minor) + "\n";
  for (const std::string &option : options) key += option + "\n";
  for (int i = 0; i < kSourceCount; ++i) {
    if (std::string_view(kSources[i].name).ends_with(".cuh")) key += kSources[i].text;
  }
  key += source.text;
  const CodeCache cache;
  if (auto code = cache.read(key)) return std::move(*code);
  std::string code = Program(source).compile(options, target.machine_code).code;
  cache.write(key, code);
  return code;
}

}  // namespace spc::cuda
