// Convolution where each channel is a group of its own. A thread owns one number of the output, and the threads of a
// warp neighbouring channels of a row.
#include "convolution_parts.cuh"

constexpr int kThreads = 256;
using T = ELEMENT;
using S = Sum<T>;

// Weights are [taps, channels].
SPC_KERNEL(kThreads, convolve_channels, GatherJob job) {
  const int64_t index = global_thread(), channels = job.out;
  if (index >= job.rows * channels) return;
  const auto [row, channel] = split(index, channels);
  const T *const input = static_cast<const T *>(job.input) + channel;
  const T *const weight = static_cast<const T *>(job.weight) + channel;
  S sum[1] = {};
  for (int tap = 0; tap < job.taps; ++tap) {
    const int64_t from = job.table[place_of(job, tap) * job.rows + row];
    if (from < 0) continue;
    sum[0] = multiply_add(widen(input[from * job.input_step]), widen(weight[tap * channels]), sum[0]);
  }
  finish_row<T>(job, row, channel, 1, sum);
}

SPC_KERNEL(kThreads, convolve_channels_pairs, GatherJob job, PairsJob pairs) {
  const int64_t index = global_thread(), channels = job.out;
  if (index >= pairs.count * channels) return;
  const auto [pair, channel] = split(index, channels);
  const T *const input = static_cast<const T *>(job.input) + channel;
  const T *const weight = static_cast<const T *>(job.weight) + channel;
  S &sum = static_cast<S *>(pairs.sums)[pairs.to[pair] * channels + channel];
  sum = multiply_add(widen(input[pairs.from[pair] * job.input_step]), widen(weight[pairs.tap * channels]), sum);
}

// The gradient of the weights: a block takes a slice of the pairs (see OuterJob) and 32 channels; each warp sums some
// of the pairs of a tap, and warp 0 the warps.
SPC_KERNEL(kThreads, multiply_channels, OuterJob job) {
  constexpr int kWarps = kThreads / 32;
  __shared__ S sums[kWarps][32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const auto [slice, tile] = split_block(blockIdx.x, job.in_tiles);
  const int64_t channel = tile * 32 + lane;
  const int64_t first = slice * job.slice, last = min(first + job.slice, job.pairs);
  const T *const input = static_cast<const T *>(job.input) + channel;
  const T *const grad = static_cast<const T *>(job.grad) + channel;
  for (int tap = tap_of_pair(job, first); tap < job.taps && job.starts[tap] < last; ++tap) {
    const int64_t begin = max(first, job.starts[tap]), end = min(last, job.starts[tap + 1]);
    if (begin >= end) continue;
    S sum = 0;
    if (channel < job.in) {
      for (int64_t pair = begin + warp; pair < end; pair += kWarps) {
        sum =
            multiply_add(widen(input[job.from[pair] * job.input_step]), widen(grad[job.to[pair] * job.grad_step]), sum);
      }
    }
    sums[warp][lane] = sum;
    __syncthreads();
    if (warp == 0 && channel < job.in) {
      for (int w = 1; w < kWarps; ++w) sum += sums[w][lane];
      static_cast<S *>(job.partial)[(slice + tap) * job.matrix + channel] = sum;
    }
    __syncthreads();
  }
}
