// Kernels that do what kernels must not do, for tests of how that is told.
#include "device.cuh"

#define SPC_PROGRAM "faulty"
#define SPC_MACROS ""

// Lane 0 waits for lanes that are gone.
SPC_KERNEL(32, wait_forever, int32_t unused) {
  if (threadIdx.x == 0) __syncwarp();
  static_cast<void>(unused);
}
