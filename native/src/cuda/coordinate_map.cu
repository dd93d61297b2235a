// Coordinate maps: a thread has a site or a slot, and where sites are generated kTapsEach of the taps that lead on from
// it; warps and blocks only add up what their threads have found.
#include "sites.cuh"

constexpr int kThreads = 256;
constexpr int kBoundsRows = 16;  // a thread
constexpr int kTapsEach = 8;
constexpr int kMostProbes = 128;

// Widens spans, the least and then the greatest value of each axis. A warp reduces its rows by shuffles.
SPC_KERNEL(kThreads, widen_bounds, const int32_t *coordinates, int64_t rows, int32_t axes, int32_t *spans) {
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kThreads * kBoundsRows + threadIdx.x;
  for (int axis = 0; axis < axes; ++axis) {
    int32_t low = 0x7fffffff, high = -0x7fffffff - 1;
    for (int i = 0; i < kBoundsRows; ++i) {
      const int64_t row = first + i * kThreads;
      if (row >= rows) break;
      const int32_t value = coordinates[row * axes + axis];
      low = min(low, value);
      high = max(high, value);
    }
    SPC_UNROLL
    for (int by = 16; by > 0; by /= 2) {
      low = min(low, __shfl_xor_sync(kAllLanes, low, by));
      high = max(high, __shfl_xor_sync(kAllLanes, high, by));
    }
    if (threadIdx.x % 32 != 0 || low > high) continue;
    atomicMin(spans + axis, low);
    atomicMax(spans + kLatticeAxes + axis, high);
  }
}

// Puts each site's key and row into the table. `twice` becomes the least key that was there already.
SPC_KERNEL(kThreads, insert_rows, const int32_t *coordinates, int64_t rows, Lattice lattice, uint64_t *slots,
           int32_t *slot_rows, uint64_t mask, uint64_t *twice) {
  const int64_t row = global_thread();
  if (row >= rows) return;
  uint64_t key;
  key_of(lattice, coordinates + row * lattice.axes, key);
  for (uint64_t at = mix(key) & mask;; at = (at + 1) & mask) {
    const uint64_t before = atomicCAS(slots + at, kFreeSlot, key);
    if (before == kFreeSlot) {
      slot_rows[at] = static_cast<int32_t>(row);
      return;
    }
    if (before == key) {
      atomicMin(twice, key);
      return;
    }
  }
}

// The least row above `above` that has the key.
SPC_KERNEL(kThreads, lowest_row, const int32_t *coordinates, int64_t rows, Lattice lattice, uint64_t sought,
           int64_t above, uint64_t *lowest) {
  const int64_t row = global_thread();
  if (row >= rows || row <= above) return;
  uint64_t key;
  key_of(lattice, coordinates + row * lattice.axes, key);
  if (key == sought) atomicMin(lowest, static_cast<uint64_t>(row));
}

SPC_KERNEL(kThreads, find_sites, const int32_t *coordinates, int64_t rows, SiteTable table, int64_t *out) {
  const int64_t row = global_thread();
  if (row >= rows) return;
  uint64_t key;
  const bool inside = key_of(table.lattice, coordinates + row * table.lattice.axes, key);
  out[row] = inside ? find_row(table, key) : -1;
}

namespace {

// 1 where the key is new in the set, 0 where it was there, -1 where no slot near its place is free.
SPC_DEVICE int add_key(uint64_t *slots, uint64_t mask, uint64_t key) {
  uint64_t at = mix(key) & mask;
  for (int probe = 0; probe < kMostProbes; ++probe, at = (at + 1) & mask) {
    // A slot is written once: only one that still looks free needs the atomic.
    uint64_t before = *static_cast<volatile const uint64_t *>(slots + at);
    if (before == kFreeSlot) before = atomicCAS(slots + at, kFreeSlot, key);
    if (before == kFreeSlot) return 1;
    if (before == key) return 0;
  }
  return -1;
}

SPC_DEVICE int32_t floor_divide(int32_t a, int32_t b) {
  const int32_t quotient = a / b;
  return quotient - (quotient * b > a ? 1 : 0);
}

}  // namespace

// Adds to a set the keys in `to` of the sites that the taps lead to from those given. y goes over groups of taps.
SPC_KERNEL(kThreads, add_reached, const int32_t *coordinates, int64_t rows, Reaching way, Lattice to, uint64_t *slots,
           uint64_t mask, SetState *state) {
  __shared__ uint32_t added;
  if (threadIdx.x == 0) added = 0;
  __syncthreads();
  const int64_t row = global_thread();
  int64_t values[kLatticeAxes - 1];
  int32_t rests[kLatticeAxes - 1];
  uint64_t batch = 0;
  uint32_t own = 0;
  if (row < rows) {
    const int32_t *const site = coordinates + row * to.axes;
    add_axis(to, 0, site[0], batch);
    SPC_UNROLL
    for (int axis = 0; axis < kLatticeAxes - 1; ++axis) {
      if (axis >= way.dimensions) break;
      const int32_t value = site[axis + 1];
      const int32_t stride = way.stride[axis];
      const int32_t quotient = way.divides ? floor_divide(value, stride) : 0;
      values[axis] = way.divides ? quotient : static_cast<int64_t>(stride) * value;
      rests[axis] = way.divides && !way.floors ? value - quotient * stride : 0;
    }
  }
  const int32_t step = static_cast<int32_t>(gridDim.y) * kTapsEach;
  for (int32_t first = blockIdx.y * kTapsEach; first < way.tap_count && row < rows; first += step) {
    if (*static_cast<volatile const uint64_t *>(&state->full) != 0) break;
    for (int32_t t = first; t < first + kTapsEach && t < way.tap_count; ++t) {
      const TapSplit &tap = way.taps[t];
      uint64_t key = batch;
      bool met = true, inside = true;
      SPC_UNROLL
      for (int axis = 0; axis < kLatticeAxes - 1; ++axis) {
        if (axis >= way.dimensions) break;
        met = met && rests[axis] == tap.rest[axis];
        const int64_t value = values[axis] + tap.quotient[axis];
        inside = inside && value >= way.low[axis] && value <= way.high[axis];
        add_axis(to, axis + 1, value, key);
      }
      if (!met) continue;
      if (!inside) {
        if (!way.bounded) atomicMin(&state->outside, static_cast<uint64_t>(row * way.tap_count + t));
        continue;
      }
      const int outcome = add_key(slots, mask, key);
      if (outcome < 0) state->full = 1;
      if (outcome > 0) ++own;
    }
  }
  if (own > 0) atomicAdd(&added, own);
  __syncthreads();
  if (threadIdx.x == 0 && added > 0) atomicAdd(&state->distinct, static_cast<uint64_t>(added));
}

// Gathers the keys of a set, in any order. A warp takes its places together.
SPC_KERNEL(kThreads, take_keys, const uint64_t *slots, int64_t count, uint64_t *keys, uint64_t *taken) {
  const int64_t slot = global_thread();
  const int lane = threadIdx.x % 32;
  const uint64_t key = slot < count ? slots[slot] : kFreeSlot;
  const uint32_t used = __ballot_sync(kAllLanes, key != kFreeSlot);
  uint64_t start = 0;
  if (lane == 0 && used != 0) start = atomicAdd(taken, static_cast<uint64_t>(__popc(used)));
  start = __shfl_sync(kAllLanes, start, 0);
  if (key != kFreeSlot) keys[start + __popc(used & ((1u << lane) - 1))] = key;
}

SPC_KERNEL(kThreads, write_sites, const uint64_t *keys, int64_t rows, Lattice lattice, int32_t *coordinates) {
  const int64_t row = global_thread();
  if (row >= rows) return;
  uint64_t rest = keys[row];
  int32_t *const site = coordinates + row * lattice.axes;
  SPC_UNROLL
  for (int axis = 0; axis < kLatticeAxes; ++axis) {
    if (axis >= lattice.axes) break;
    const bool last = axis + 1 == lattice.axes;
    const uint64_t digit = last ? rest : rest / lattice.weights[axis];
    rest -= digit * lattice.weights[axis];
    site[axis] = static_cast<int32_t>(lattice.low[axis] + static_cast<int64_t>(digit));
  }
}
