// Exclusive prefix sums. A block takes kScanItems numbers and leaves its total; totals are summed the same way and
// added to all blocks behind.
#include "device.cuh"

constexpr int kThreads = 256;
constexpr int kEach = 4;

// A thread has kEach numbers in a row; a warp adds up its lanes by shuffles, and warp 0 the warps.
SPC_KERNEL(kThreads, scan_blocks, int64_t *values, int64_t count, int64_t *totals) {
  __shared__ int64_t warp_sums[kThreads / 32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int64_t first = global_thread() * kEach;
  int64_t own[kEach];
  int64_t sum = 0;
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    own[i] = sum;
    sum += first + i < count ? values[first + i] : 0;
  }
  int64_t running = sum;
  SPC_UNROLL
  for (int by = 1; by < 32; by *= 2) {
    const int64_t below = __shfl_up_sync(kAllLanes, running, by);
    if (lane >= by) running += below;
  }
  if (lane == 31) warp_sums[warp] = running;
  __syncthreads();
  int64_t before = running - sum;
  for (int w = 0; w < warp; ++w) before += warp_sums[w];
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    if (first + i < count) values[first + i] = before + own[i];
  }
  if (threadIdx.x == kThreads - 1) totals[blockIdx.x] = before + sum;
}

SPC_KERNEL(kThreads, add_totals, int64_t *values, int64_t count, const int64_t *totals) {
  const int64_t first = global_thread() * kEach;
  const int64_t before = totals[blockIdx.x];
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    if (first + i < count) values[first + i] += before;
  }
}
