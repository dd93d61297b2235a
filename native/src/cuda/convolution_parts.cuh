// Shared by the CUDA kernels of a convolution.
#pragma once

#include "device.cuh"

#include "convolution_job.cuh"

namespace spc {

using cuda::GatherJob;
using cuda::OuterJob;
using cuda::PackJob;
using cuda::PairsJob;

SPC_DEVICE float multiply_add(float a, float b, float sum) {
  return __fmaf_rn(a, b, sum);
}
SPC_DEVICE double multiply_add(double a, double b, double sum) {
  return __fma_rn(a, b, sum);
}

// The quotient and the rest of an index and `by`, in 32 bits where they suffice, since division is slow in 64 bits.
struct Split {
  int64_t whole, rest;
};
SPC_DEVICE Split split(int64_t index, int64_t by) {
  if (static_cast<uint64_t>(index | by) >> 32 == 0) {
    const uint32_t whole = static_cast<uint32_t>(index) / static_cast<uint32_t>(by);
    return {whole, static_cast<uint32_t>(index) - whole * static_cast<uint32_t>(by)};
  }
  return {index / by, index % by};
}
// The same for the index of a block, where a grid has at least `by` blocks.
SPC_DEVICE Split split_block(uint32_t index, uint32_t by) {
  return {index / by, index % by};
}

template <class T, int kCount>
struct alignas(sizeof(T) * kCount < 16 ? sizeof(T) * kCount : 16) Vector {
  T at[kCount];
};

// Reads `kCount` numbers of a row at `from`, of which `left` exist; the others become zero.
template <int kCount, class T>
SPC_DEVICE void load_row(const T *from, int left, bool vectors, Sum<T> (&to)[kCount]) {
  if (vectors && left >= kCount) {
    const auto all = *reinterpret_cast<const Vector<T, kCount> *>(from);
    SPC_UNROLL
    for (int i = 0; i < kCount; ++i) to[i] = widen(all.at[i]);
    return;
  }
  SPC_UNROLL
  for (int i = 0; i < kCount; ++i) to[i] = i < left ? widen(from[i]) : Sum<T>(0);
}

template <int kCount, class T>
SPC_DEVICE void store_row(T *to, int left, bool vectors, const Sum<T> (&from)[kCount]) {
  Vector<T, kCount> all;
  SPC_UNROLL
  for (int i = 0; i < kCount; ++i) narrow(from[i], all.at[i]);
  if (vectors && left >= kCount) {
    *reinterpret_cast<Vector<T, kCount> *>(to) = all;
    return;
  }
  SPC_UNROLL
  for (int i = 0; i < kCount; ++i) {
    if (i < left) to[i] = all.at[i];
  }
}

// Scales the sums of a row from a column on, adds bias and residual, applies ReLU, rounds and stores. `left` columns
// exist.
template <class T, int kCount>
SPC_DEVICE void finish_row(const GatherJob &job, int64_t row, int64_t column, int left, Sum<T> (&sums)[kCount]) {
  if (left <= 0) return;
  const bool vectors = job.out_vectors != 0;
  const auto parameter = [&](const void *of, bool wide, int i) {
    return wide ? static_cast<const Sum<T> *>(of)[column + i] : widen(static_cast<const T *>(of)[column + i]);
  };
  if (job.scale != nullptr) {
    SPC_UNROLL
    for (int i = 0; i < kCount; ++i) {
      if (i < left) sums[i] *= parameter(job.scale, job.wide_scale != 0, i);
    }
  }
  if (job.bias != nullptr) {
    SPC_UNROLL
    for (int i = 0; i < kCount; ++i) {
      if (i < left) sums[i] += parameter(job.bias, job.wide_bias != 0, i);
    }
  }
  const int64_t at = row * job.output_step + column;
  if (job.residual != nullptr) {
    Sum<T> more[kCount];
    load_row<kCount>(static_cast<const T *>(job.residual) + at, left, vectors, more);
    SPC_UNROLL
    for (int i = 0; i < kCount; ++i) sums[i] += more[i];
  }
  if (job.rectify != 0) {
    SPC_UNROLL
    for (int i = 0; i < kCount; ++i) sums[i] = sums[i] < 0 ? Sum<T>(0) : sums[i];
  }
  store_row<kCount>(static_cast<T *>(job.output) + at, left, vectors, sums);
}

// The place of a tap in the table.
SPC_DEVICE int place_of(const GatherJob &job, int tap) {
  return job.mirrored != 0 ? job.taps - 1 - tap : tap;
}

// An entry of the list of taps that a block of rows uses: the tap, and which runs of kRowsOfMask rows use it.
SPC_DEVICE int tap_of(int32_t entry) {
  return entry & 0xffff;
}
SPC_DEVICE uint32_t runs_of(int32_t entry) {
  return static_cast<uint32_t>(entry) >> 16;
}

// Warp 0 lists, in ascending order, the taps that any of kRows rows of the order uses. The last number of the list is
// their count. The block must synchronise before it reads the list.
template <int kRows>
SPC_DEVICE void list_taps(const GatherJob &job, int64_t first_row, int32_t (&list)[cuda::kTapsOfTable + 1]) {
  static_assert(kRows / cuda::kRowsOfMask <= 15, "an entry holds a bit for each run of rows");
  if (threadIdx.x >= 32) return;
  const int64_t first = first_row / cuda::kRowsOfMask;
  const int64_t all = (job.rows + cuda::kRowsOfMask - 1) / cuda::kRowsOfMask;
  const int lane = threadIdx.x;
  int found = 0;
  for (int base = 0; base < job.taps; base += 32) {
    const int tap = base + lane, place = tap < job.taps ? place_of(job, tap) : 0;
    int32_t runs = 0;
    for (int run = 0; run < kRows / cuda::kRowsOfMask; ++run) {
      if (tap >= job.taps || first + run >= all) continue;
      const uint32_t mask = job.masks[(first + run) * job.mask_words + place / 32];
      runs |= static_cast<int32_t>(mask >> (place % 32) & 1) << run;
    }
    const uint32_t votes = __ballot_sync(kAllLanes, runs != 0);
    if (runs != 0) list[found + __popc(votes & ((uint32_t{1} << lane) - 1))] = tap | runs << 16;
    found += __popc(votes);
  }
  if (lane == 0) list[cuda::kTapsOfTable] = found;
}

// The tap of a pair: the last one whose pairs begin at or before it.
SPC_DEVICE int tap_of_pair(const OuterJob &job, int64_t pair) {
  int low = 0, high = job.taps;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    if (job.starts[middle] <= pair) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace spc
