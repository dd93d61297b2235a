// What comes before and after the products of a convolution, a thread to a number: weights laid out for the kernels,
// rows brought to 16 bytes, sums of rows finished, and partial sums added up.
#include "convolution_parts.cuh"

constexpr int kThreads = 256;
using T = ELEMENT;
using S = Sum<T>;

SPC_DEVICE T weight_at(const PackJob &job, int64_t at) {
  if (job.wide == 0) return static_cast<const T *>(job.weight)[at];
  T rounded;
  narrow(static_cast<const S *>(job.weight)[at], rounded);
  return rounded;
}

// To nearest, ties away from zero, as cvt.rna does; what is not finite stays.
template <class Any>
SPC_DEVICE Any rounded_to_tf32(Any value) {
  return value;
}
SPC_DEVICE float rounded_to_tf32(float value) {
  const uint32_t bits = bits_of(value);
  return (bits & 0x7f800000) == 0x7f800000 ? value : float_of((bits + 0x1000) & 0xffffe000);
}

SPC_KERNEL(kThreads, pack_weight, PackJob job, int64_t count) {
  const int64_t index = global_thread();
  if (index >= count) return;
  const auto [line, within] = split(index, job.depth);
  const auto [block, column] = split(line, job.padded_out);
  const auto [tap_of_all, depth] = split(block, job.padded_in / job.depth);
  const auto [group, tap] = split(tap_of_all, job.taps);
  const int64_t row = depth * job.depth + within;
  T value{};
  if (row < job.in && column < job.out) {
    value = weight_at(job, group * job.group_step + tap * job.tap_step + row * job.in_step + column * job.out_step);
    if (job.to_tf32 != 0) value = rounded_to_tf32(value);
  }
  static_cast<T *>(job.packed)[index] = value;
}

// Rows whose groups of channels begin at multiples of 16 bytes; what is between them is zero.
SPC_KERNEL(kThreads, pad_rows, const T *input, T *padded, int64_t count, int64_t channels, int64_t padded_channels) {
  const int64_t index = global_thread();
  if (index >= count) return;
  const auto [group, channel] = split(index, padded_channels);
  padded[index] = channel < channels ? input[group * channels + channel] : T{};
}

SPC_KERNEL(kThreads, finish_sums, GatherJob job, const S *sums) {
  const int64_t index = global_thread(), columns = static_cast<int64_t>(job.groups) * job.out;
  if (index >= job.rows * columns) return;
  S sum[1] = {sums[index]};
  const auto [row, column] = split(index, columns);
  finish_row<T>(job, row, column, 1, sum);
}

template <class To>
SPC_DEVICE void store_gradient(void *to, int64_t index, S sum) {
  narrow(sum, static_cast<To *>(to)[index]);
}

// The gradient of the weights, from the partial sums that OuterJob tells of.
SPC_KERNEL(kThreads, add_slices, OuterJob job, void *gradient, int32_t wide) {
  const int64_t index = global_thread();
  if (index >= job.taps * job.matrix) return;
  const auto [tap, within] = split(index, job.matrix);
  const int64_t first = job.starts[tap], last = job.starts[tap + 1];
  S sum = 0;
  if (first < last) {
    const S *const partial = static_cast<const S *>(job.partial) + tap * job.matrix + within;
    const int64_t end = split(last - 1, job.slice).whole;
    for (int64_t slice = split(first, job.slice).whole; slice <= end; ++slice) sum += partial[slice * job.matrix];
  }
  wide != 0 ? store_gradient<S>(gradient, index, sum) : store_gradient<T>(gradient, index, sum);
}

// Columns are summed in double, since a column of all rows is a long sum. A warp takes 32 columns of some of the rows,
// a block kThreads / 32 warps of them.
SPC_KERNEL(kThreads, sum_columns, const T *grad, int64_t rows, int64_t columns, int64_t slice, double *partial) {
  constexpr int kWarps = kThreads / 32;
  __shared__ double sums[kWarps][32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const auto [part, tile] = split_block(blockIdx.x, (columns + 31) / 32);
  const int64_t column = tile * 32 + lane;
  const int64_t last = min(rows, (part + 1) * slice);
  double sum = 0;
  if (column < columns) {
    for (int64_t row = part * slice + warp; row < last; row += kWarps) sum += widen(grad[row * columns + column]);
  }
  sums[warp][lane] = sum;
  __syncthreads();
  if (warp != 0 || column >= columns) return;
  for (int w = 1; w < kWarps; ++w) sum += sums[w][lane];
  partial[part * columns + column] = sum;
}

SPC_KERNEL(kThreads, add_columns, const double *partial, int64_t slices, int64_t columns, void *gradient,
           int32_t wide) {
  const int64_t column = global_thread();
  if (column >= columns) return;
  double sum = 0;
  for (int64_t slice = 0; slice < slices; ++slice) sum += partial[slice * columns + column];
  wide != 0 ? store_gradient<S>(gradient, column, static_cast<S>(sum))
            : store_gradient<T>(gradient, column, static_cast<S>(sum));
}
