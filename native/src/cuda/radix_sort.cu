// One pass of a stable sort by 8 bits of the keys. A block has a tile of kTile items, a warp kEach rows of 32 of them
// one behind the other, a thread one item of each row. Where equal digits meet they keep the order of tile, warp, row
// and lane, which is that of the items.
#include "device.cuh"

constexpr int kThreads = 256;  // as many as digits
constexpr int kWarps = kThreads / 32;
constexpr int kEach = 8;
constexpr int kTile = kThreads * kEach;

namespace {

// The sum of the values of the threads before this one. Every thread of the block takes part.
SPC_DEVICE uint32_t sum_before(uint32_t value, uint32_t *warp_sums) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  uint32_t running = value;
  SPC_UNROLL
  for (int by = 1; by < 32; by *= 2) {
    const uint32_t below = __shfl_up_sync(kAllLanes, running, by);
    if (lane >= by) running += below;
  }
  if (lane == 31) warp_sums[warp] = running;
  __syncthreads();
  uint32_t before = running - value;
  for (int w = 0; w < warp; ++w) before += warp_sums[w];
  return before;
}

SPC_DEVICE int digit_of(KEY key, int32_t shift) {
  return static_cast<int>(key >> shift & 255);
}

}  // namespace

// counts [256, tiles]
SPC_KERNEL(kThreads, count_digits, const KEY *keys, int64_t count, int32_t shift, uint32_t *counts) {
  __shared__ uint32_t found[kThreads];
  found[threadIdx.x] = 0;
  __syncthreads();
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kTile + threadIdx.x;
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const int64_t at = first + i * kThreads;
    if (at < count) atomicAdd(found + digit_of(keys[at], shift), 1u);
  }
  __syncthreads();
  counts[static_cast<int64_t>(threadIdx.x) * gridDim.x + blockIdx.x] = found[threadIdx.x];
}

// A block turns the counts of one digit into sums of the tiles before, and leaves their total.
SPC_KERNEL(kThreads, sum_digits, uint32_t *counts, int64_t tiles, uint32_t *totals) {
  __shared__ uint32_t warp_sums[kWarps], passed;
  uint32_t *const own = counts + static_cast<int64_t>(blockIdx.x) * tiles;
  uint32_t before = 0;
  for (int64_t first = 0; first < tiles; first += kThreads) {
    const int64_t at = first + threadIdx.x;
    const uint32_t value = at < tiles ? own[at] : 0;
    const uint32_t sum = before + sum_before(value, warp_sums);
    if (at < tiles) own[at] = sum;
    if (threadIdx.x == kThreads - 1) passed = sum + value;
    __syncthreads();
    before = passed;
  }
  if (threadIdx.x == 0) totals[blockIdx.x] = before;
}

// places may be null: an item's place is then its index.
SPC_KERNEL(kThreads, move_items, const KEY *keys, const int32_t *places, int64_t count, int32_t shift,
           const uint32_t *counts, const uint32_t *totals, KEY *keys_out, int32_t *places_out) {
  __shared__ uint32_t found[kWarps][kThreads];  // by warp and digit: items so far, then where the warp's begin
  __shared__ uint32_t warp_sums[kWarps];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  SPC_UNROLL
  for (int w = 0; w < kWarps; ++w) found[w][threadIdx.x] = 0;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kTile + warp * (kTile / kWarps) + lane;
  KEY own[kEach];
  uint32_t rank[kEach];
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) own[i] = first + i * 32 < count ? keys[first + i * 32] : static_cast<KEY>(~KEY{0});
  __syncthreads();
  // What lies behind the end counts as the greatest digit, behind all that is there.
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const int digit = digit_of(own[i], shift);
    const uint32_t equal = __match_any_sync(kAllLanes, digit);
    const uint32_t before = found[warp][digit];
    rank[i] = before + static_cast<uint32_t>(__popc(equal & ((1u << lane) - 1)));
    __syncwarp();
    if (equal >> lane == 1) found[warp][digit] = rank[i] + 1;  // the last of the equal lanes
    __syncwarp();
  }
  const int digit = threadIdx.x;
  const uint32_t start = sum_before(totals[digit], warp_sums);  // whose barrier ends the counting of all warps
  uint32_t sum = start + counts[static_cast<int64_t>(digit) * gridDim.x + blockIdx.x];
  SPC_UNROLL
  for (int w = 0; w < kWarps; ++w) {
    const uint32_t here = found[w][digit];
    found[w][digit] = sum;
    sum += here;
  }
  __syncthreads();
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const int64_t at = first + i * 32;
    if (at >= count) continue;
    const uint32_t to = found[warp][digit_of(own[i], shift)] + rank[i];
    keys_out[to] = own[i];
    if (places_out != nullptr) places_out[to] = places != nullptr ? places[at] : static_cast<int32_t>(at);
  }
}
