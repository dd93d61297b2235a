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
  const InnerLoops *loops;
  bool supported;
};

// Best first. For AVX, __builtin_cpu_supports also asks whether the operating system supports it (xgetbv).
#if defined(__x86_64__)
std::array<Choice, 5> find_choices() noexcept {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  const bool bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  const bool amx = amx_granted() && multiplies_right(kAmxLoops.bf16);
  return {{{&kAmxLoops, amx},
           {&kAvx512Bf16Loops, bf16},
           {&kAvx512Loops, avx512},
           {&kAvx2Loops, avx2},
           {&kBaselineLoops, true}}};
}
#else
std::array<Choice, 1> find_choices() noexcept {
  return {{{&kBaselineLoops, true}}};
}
#endif

const auto &choices() noexcept {
  static const auto found = find_choices();
  return found;
}

std::atomic<const InnerLoops *> active{nullptr};

const InnerLoops &choose(const std::string &name, const char *source) {
  std::string known;
  for (const Choice &choice : choices()) {
    if (name == choice.loops->name) {
      if (choice.supported) return *choice.loops;
      fail_unsupported(source + name + ": this machine cannot run that instruction set");
    }
    known += (known.empty() ? "" : ", ") + std::string(choice.loops->name);
  }
  fail_argument(source + name + ": no such instruction set, there are " + known);
}

}  // namespace

const InnerLoops &active_loops() {
  const InnerLoops *loops = active.load(std::memory_order_acquire);
  if (loops != nullptr) return *loops;
  const char *const forced = std::getenv("SPARSECONV_ISA");
  const InnerLoops &first =
      forced != nullptr && *forced != '\0' ? choose(forced, "SPARSECONV_ISA=") : *supported_loops(0);
  // Another thread may have set one in the meantime, which then stays.
  return active.compare_exchange_strong(loops, &first) ? first : *loops;
}

void set_active_loops(const char *name) {
  if (name == nullptr) fail_argument("the name of the instruction set is NULL");
  active.store(&choose(name, "instruction set "), std::memory_order_release);
}

int supported_loops_count() noexcept {
  int count = 0;
  for (const Choice &choice : choices()) count += choice.supported ? 1 : 0;
  return count;
}

const InnerLoops *supported_loops(int index) noexcept {
  for (const Choice &choice : choices()) {
    if (choice.supported && index-- == 0) return choice.loops;
  }
  return nullptr;
}

}  // namespace spc
