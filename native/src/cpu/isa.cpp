#include "cpu/isa.h"

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cpu/amx.h"
#include "error.h"

namespace spc {
namespace {

struct Choice {
  const Kernels *kernels;
  bool supported;
};

// Best first. __builtin_cpu_supports asks the operating system too (xgetbv) before it says yes to AVX.
#if defined(__x86_64__)
std::array<Choice, 5> find_choices() noexcept {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  const bool amx = amx_granted() && multiplies_right(kAmxKernels.bf16);
  return {{{&kAmxKernels, amx},
           {&kAvx512Bf16Kernels, bf16},
           {&kAvx512Kernels, avx512},
           {&kAvx2Kernels, avx2},
           {&kBaselineKernels, true}}};
}
#else
std::array<Choice, 1> find_choices() noexcept {
  return {{{&kBaselineKernels, true}}};
}
#endif

const auto &choices() noexcept {
  static const auto found = find_choices();
  return found;
}

std::atomic<const Kernels *> active{nullptr};

const Kernels &choose(const std::string &name, const char *source) {
  std::string known;
  for (const Choice &choice : choices()) {
    if (name == choice.kernels->name) {
      if (choice.supported) return *choice.kernels;
      fail_unsupported(source + name + ": this machine cannot run that instruction set");
    }
    known += (known.empty() ? "" : ", ") + std::string(choice.kernels->name);
  }
  fail_argument(source + name + ": no such instruction set, there are " + known);
}

}  // namespace

const Kernels &active_kernels() {
  const Kernels *kernels = active.load(std::memory_order_acquire);
  if (kernels != nullptr) return *kernels;
  const char *const forced = std::getenv("SPARSECONV_ISA");
  const Kernels &first =
      forced != nullptr && *forced != '\0' ? choose(forced, "SPARSECONV_ISA=") : *supported_kernels(0);
  // Another thread may have set one meanwhile: that one stays.
  return active.compare_exchange_strong(kernels, &first) ? first : *kernels;
}

void set_active_kernels(const char *name) {
  if (name == nullptr) fail_argument("the name of the instruction set is NULL");
  active.store(&choose(name, "instruction set "), std::memory_order_release);
}

int supported_kernels_count() noexcept {
  int count = 0;
  for (const Choice &choice : choices()) count += choice.supported ? 1 : 0;
  return count;
}

const Kernels *supported_kernels(int index) noexcept {
  for (const Choice &choice : choices()) {
    if (choice.supported && index-- == 0) return choice.kernels;
  }
  return nullptr;
}

}  // namespace spc
