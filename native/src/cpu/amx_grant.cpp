#include "cpu/amx.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace spc {

bool amx_granted() noexcept {
#if defined(__linux__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  // __builtin_cpu_supports says yes to AMX only where XCR0 has both states of tiles.
  if (!avx512 || !__builtin_cpu_supports("amx-tile") || !__builtin_cpu_supports("amx-bf16")) return false;
  // The 8 KiB of AMX tiles are part of a thread's state only in processes that ask for it, once for all their threads.
  // Linux before 5.16 refuses, sandboxes may refuse, and so does a system where a thread's signal stack is too small.
  constexpr long kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

}  // namespace spc
