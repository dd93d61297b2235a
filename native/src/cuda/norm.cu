// Batch normalization of columns. Sums over rows: a block takes 32 columns of one segment of rows, a warp every eighth
// row of it, a lane one column; the warps' sums are added up in order, and a warp a column adds up the segments. All
// else: a thread takes a few channels of one row, side by side with its neighbours.
//
// ELEMENT: what matrices hold. Vectors of columns hold Number.
#include "channels.cuh"

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;
constexpr int kRun = 16;  // numbers that are added up before their sum goes to a double

// What ReLU let through: all where there was none, or by the sign of its input or output.
constexpr int32_t kByInput = 1, kByOutput = 2;

using Number = Sum<ELEMENT>;

// One rounding, in every kernel: gradients have to see the sign that the output had.
SPC_DEVICE float normal(float x, float mean, float scale, float shift) {
  return __fmaf_rn(x - mean, scale, shift);
}
SPC_DEVICE double normal(double x, double mean, double scale, double shift) {
  return __fma_rn(x - mean, scale, shift);
}

// Two sums of a column at a time.
struct Pair {
  double first, second;
};

// Adds up over the rows of this block's segment; terms(row, first, second) are what a row adds. The result is that of
// all warps, and good in warp 0.
template <class Terms>
SPC_DEVICE Pair sum_segment(int64_t first_row, int64_t end_row, bool inside, const Terms &terms) {
  __shared__ Pair of_warps[kWarps][32];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  Pair total{0, 0};
  if (inside) {
    for (int64_t row = first_row + warp; row < end_row;) {
      Number first = 0, second = 0;
      for (int i = 0; i < kRun && row < end_row; ++i, row += kWarps) terms(row, first, second);
      total.first += first;
      total.second += second;
    }
  }
  of_warps[warp][lane] = total;
  __syncthreads();
  if (warp != 0) return total;
  for (int other = 1; other < kWarps; ++other) {
    total.first += of_warps[other][lane].first;
    total.second += of_warps[other][lane].second;
  }
  return total;
}

// Of each segment and column: the sum and the sum of squares of what is left when `from`, the segment's first row where
// it is finite, is subtracted. Grid: columns / 32, segments.
SPC_KERNEL(kThreads, norm_moments, const ELEMENT *input, int64_t rows, int64_t columns, int64_t segment_rows,
           Number *from, double *sums) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x % 32;
  const int64_t first_row = blockIdx.y * segment_rows, end_row = min(first_row + segment_rows, rows);
  const bool inside = column < columns;
  Number base = inside ? widen(input[first_row * columns + column]) : Number(0);
  if (!(base - base == 0)) base = 0;
  const Pair total = sum_segment(first_row, end_row, inside, [&](int64_t row, Number &sum, Number &square) {
    const Number away = widen(input[row * columns + column]) - base;
    sum += away;
    square += away * away;
  });
  if (threadIdx.x >= 32 || !inside) return;
  const int64_t at = blockIdx.y * columns + column;
  from[at] = base;
  sums[2 * at] = total.first;
  sums[2 * at + 1] = total.second;
}

// The same bits in every lane.
SPC_DEVICE double sum_of_lanes(double value) {
  for (int with = 16; with > 0; with /= 2) value += __shfl_xor_sync(kAllLanes, value, with);
  return value;
}

// Mean and biased variance of each column out of its segments, of which a lane takes every 32nd.
SPC_KERNEL(kThreads, norm_statistics, int64_t rows, int64_t columns, int64_t segment_rows, int64_t segments,
           const Number *from, const double *sums, Number *mean, Number *variance) {
  const int64_t column = global_thread() / 32;
  const int lane = threadIdx.x % 32;
  if (column >= columns) return;
  const auto count_of = [&](int64_t segment) {
    return static_cast<double>(min(segment_rows, rows - segment * segment_rows));
  };
  const auto mean_of = [&](int64_t segment) {
    const int64_t at = segment * columns + column;
    return from[at] + sums[2 * at] / count_of(segment);
  };
  double total = 0, spread = 0;
  for (int64_t segment = lane; segment < segments; segment += 32) total += mean_of(segment) * count_of(segment);
  const double middle = sum_of_lanes(total) / static_cast<double>(rows);
  for (int64_t segment = lane; segment < segments; segment += 32) {
    const int64_t at = segment * columns + column;
    const double away = mean_of(segment) - middle;
    spread += sums[2 * at + 1] - sums[2 * at] * sums[2 * at] / count_of(segment) + away * away * count_of(segment);
  }
  spread = sum_of_lanes(spread);
  if (lane != 0) return;
  mean[column] = static_cast<Number>(middle);
  variance[column] = static_cast<Number>(spread < 0 ? 0 : spread / static_cast<double>(rows));
}

// What rows are multiplied by and what is added; a thread has one column. weight, bias: may be null.
SPC_KERNEL(kThreads, norm_columns, int64_t columns, const Number *variance, double epsilon, const Number *weight,
           const Number *bias, Number *scale, Number *shift) {
  const int64_t column = global_thread();
  if (column >= columns) return;
  const double deviation = 1 / __dsqrt_rn(variance[column] + epsilon);
  scale[column] = static_cast<Number>(weight != nullptr ? weight[column] * deviation : deviation);
  shift[column] = bias != nullptr ? bias[column] : Number(0);
}

template <int kWidth>
SPC_DEVICE void apply(const ELEMENT *input, int64_t rows, int64_t columns, int64_t row_threads, const Number *mean,
                      const Number *scale, const Number *shift, const ELEMENT *residual, bool rectify,
                      ELEMENT *output) {
  const Place place = place_of(global_thread(), row_threads, kWidth);
  if (place.row >= rows) return;
  const int64_t at = place.row * columns + place.channel;
  ELEMENT x[kWidth], added[kWidth];
  load(x, input + at);
  if (residual != nullptr) load(added, residual + at);
  Number values[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) {
    const int64_t column = place.channel + n;
    Number value = normal(widen(x[n]), mean[column], scale[column], shift[column]);
    if (residual != nullptr) value += widen(added[n]);
    values[n] = rectify && value < 0 ? Number(0) : value;
  }
  store_narrow(output + at, values);
}

// input and output may be one.
SPC_KERNEL(kThreads, norm_apply, const ELEMENT *input, int64_t rows, int64_t columns, int64_t row_threads,
           int32_t width, const Number *mean, const Number *scale, const Number *shift, const ELEMENT *residual,
           int32_t rectify, ELEMENT *output) {
  width == 1
      ? apply<1>(input, rows, columns, row_threads, mean, scale, shift, residual, rectify != 0, output)
      : apply<kVector<ELEMENT>>(input, rows, columns, row_threads, mean, scale, shift, residual, rectify != 0, output);
}

SPC_DEVICE Number passed(Number gradient, int32_t mask, Number normalized, Number output) {
  const bool stopped = (mask == kByInput && normalized <= 0) || (mask == kByOutput && output <= 0);
  return stopped ? Number(0) : gradient;
}

// Of each segment and column: the sum of the gradients that ReLU let through, which go to `kept` where it is not null,
// and that of their products with x - mean. Grid: columns / 32, segments.
SPC_KERNEL(kThreads, norm_gradient_sums, const ELEMENT *input, const ELEMENT *output, const ELEMENT *gradient,
           int32_t mask, int64_t rows, int64_t columns, int64_t segment_rows, const Number *mean, const Number *scale,
           const Number *shift, ELEMENT *kept, double *sums) {
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x % 32;
  const int64_t first_row = blockIdx.y * segment_rows, end_row = min(first_row + segment_rows, rows);
  const bool inside = column < columns;
  const Number middle = inside ? mean[column] : Number(0), by = inside ? scale[column] : Number(0);
  const Number plus = inside ? shift[column] : Number(0);
  const Pair total = sum_segment(first_row, end_row, inside, [&](int64_t row, Number &sum, Number &product) {
    const int64_t at = row * columns + column;
    const Number x = widen(input[at]), after = mask == kByOutput ? widen(output[at]) : Number(0);
    const Number through = passed(widen(gradient[at]), mask, normal(x, middle, by, plus), after);
    if (kept != nullptr) narrow(through, kept[at]);
    sum += through;
    product += through * (x - middle);
  });
  if (threadIdx.x >= 32 || !inside) return;
  const int64_t at = blockIdx.y * columns + column;
  sums[2 * at] = total.first;
  sums[2 * at + 1] = total.second;
}

// Gradients of weight and bias, which may be null, and what the gradients of rows lose where statistics have gradients
// of their own: offset + slope * (x - mean). A lane takes every 32nd segment of a column.
SPC_KERNEL(kThreads, norm_gradient_columns, int64_t rows, int64_t columns, int64_t segments, const double *sums,
           const Number *variance, double epsilon, int32_t of_input, Number *grad_weight, Number *grad_bias,
           Number *offset, Number *slope) {
  const int64_t column = global_thread() / 32;
  const int lane = threadIdx.x % 32;
  if (column >= columns) return;
  double sum = 0, product = 0;
  for (int64_t segment = lane; segment < segments; segment += 32) {
    sum += sums[2 * (segment * columns + column)];
    product += sums[2 * (segment * columns + column) + 1];
  }
  sum = sum_of_lanes(sum);
  const double deviation = 1 / __dsqrt_rn(variance[column] + epsilon), count = static_cast<double>(rows);
  product = sum_of_lanes(product) * deviation;
  if (lane != 0) return;
  if (grad_bias != nullptr) grad_bias[column] = static_cast<Number>(sum);
  if (grad_weight != nullptr) grad_weight[column] = static_cast<Number>(product);
  const bool loses = of_input != 0 && rows > 0;
  offset[column] = static_cast<Number>(loses ? sum / count : 0);
  slope[column] = static_cast<Number>(loses ? product * deviation / count : 0);
}

template <int kWidth>
SPC_DEVICE void write_gradient(const ELEMENT *input, const ELEMENT *output, const ELEMENT *gradient, int32_t mask,
                               int64_t rows, int64_t columns, int64_t row_threads, const Number *mean,
                               const Number *scale, const Number *shift, const Number *offset, const Number *slope,
                               ELEMENT *grad_input) {
  const Place place = place_of(global_thread(), row_threads, kWidth);
  if (place.row >= rows) return;
  const int64_t at = place.row * columns + place.channel;
  ELEMENT x[kWidth], after[kWidth], given[kWidth];
  load(x, input + at);
  load(given, gradient + at);
  if (mask == kByOutput) load(after, output + at);
  Number values[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) {
    const int64_t column = place.channel + n;
    const Number value = widen(x[n]), middle = mean[column], by = scale[column];
    const Number normalized = normal(value, middle, by, shift[column]);
    const Number through = passed(widen(given[n]), mask, normalized, mask == kByOutput ? widen(after[n]) : Number(0));
    values[n] = by * (through - offset[column] - (value - middle) * slope[column]);
  }
  store_narrow(grad_input + at, values);
}

SPC_KERNEL(kThreads, norm_gradient, const ELEMENT *input, const ELEMENT *output, const ELEMENT *gradient, int32_t mask,
           int64_t rows, int64_t columns, int64_t row_threads, int32_t width, const Number *mean, const Number *scale,
           const Number *shift, const Number *offset, const Number *slope, ELEMENT *grad_input) {
  width == 1 ? write_gradient<1>(input, output, gradient, mask, rows, columns, row_threads, mean, scale, shift, offset,
                                 slope, grad_input)
             : write_gradient<kVector<ELEMENT>>(input, output, gradient, mask, rows, columns, row_threads, mean, scale,
                                                shift, offset, slope, grad_input);
}
