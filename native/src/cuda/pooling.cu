// Pooling. A thread takes a few channels of one written row and goes over its taps in order, so that every sum has one
// writer and the order that it has on the CPU. The threads of a warp stand side by side in a row and the rows behind
// it, which makes their loads of features and of the table coalesced. Blocks have nothing in common.
//
// ELEMENT: what matrices hold.
#include "channels.cuh"
#include "walks.cuh"

constexpr int kThreads = 256;
constexpr int kAhead = 4;  // rows whose loads are on their way at a time
constexpr int32_t kNoRow = 0x7fffffff;

using Number = Sum<ELEMENT>;

// What a kernel needs of a row that is read; each loads its part.
template <int kWidth>
struct Loaded {
  ELEMENT values[kWidth];
  int32_t rows[kWidth];
  int32_t count;
};

// Calls use(row read, loaded) for each pair of a row of the table, in the order of taps; fetch(row read, loaded) loads.
template <int kWidth, class Fetch, class Use>
SPC_DEVICE void for_pairs(const TableWalk &walk, int64_t row, const Fetch &fetch, const Use &use) {
  for (int32_t first = 0; first < walk.taps; first += kAhead) {
    int32_t rows[kAhead];
    Loaded<kWidth> loaded[kAhead];
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      const int32_t tap = first + i, at = walk.mirrored != 0 ? walk.taps - 1 - tap : tap;
      rows[i] = tap < walk.taps ? walk.table[at * walk.rows + row] : -1;
    }
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      if (rows[i] >= 0) fetch(rows[i], loaded[i]);
    }
    SPC_UNROLL
    for (int i = 0; i < kAhead; ++i) {
      if (rows[i] >= 0) use(rows[i], loaded[i]);
    }
  }
}

// Whether a value takes the place of the best so far: the larger one, not-a-number before all; of equal ones the lowest
// row.
SPC_DEVICE bool takes(Number value, int32_t row, Number best, int32_t best_row) {
  const bool nan = value != value, best_nan = best != best;
  const bool larger = value > best || (nan && !best_nan);
  const bool equal = value == best || (nan && best_nan);
  return larger || (equal && row < best_row);
}

// saved: the row of each maximum, or null.
template <int kWidth>
SPC_DEVICE void maximum(const TableWalk &walk, const ELEMENT *input, int32_t *saved, ELEMENT *output) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.rows) return;
  Number best[kWidth];
  int32_t rows[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) {
    best[n] = 0;
    rows[n] = kNoRow;
  }
  for_pairs<kWidth>(
      walk, place.row,
      [&](int32_t row, Loaded<kWidth> &to) {
        load(to.values, input + static_cast<int64_t>(row) * walk.channels + place.channel);
      },
      [&](int32_t row, const Loaded<kWidth> &from) {
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) {
          const Number value = widen(from.values[n]);
          const bool take = rows[n] == kNoRow || takes(value, row, best[n], rows[n]);
          best[n] = take ? value : best[n];
          rows[n] = take ? row : rows[n];
        }
      });
  const int64_t at = (walk.first + place.row) * walk.channels + place.channel;
  store_narrow(output + at, best);
  if (saved == nullptr) return;
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) rows[n] = rows[n] == kNoRow ? -1 : rows[n];
  store(saved + at, rows);
}

// divisor: of each sum, 0 for the number of pairs. counts: the number of pairs of each row, or null.
template <int kWidth>
SPC_DEVICE void sum(const TableWalk &walk, const ELEMENT *input, int32_t divisor, int32_t *counts, ELEMENT *output) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.rows) return;
  Number sums[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) sums[n] = 0;
  int32_t count = 0;
  for_pairs<kWidth>(
      walk, place.row,
      [&](int32_t row, Loaded<kWidth> &to) {
        load(to.values, input + static_cast<int64_t>(row) * walk.channels + place.channel);
      },
      [&](int32_t, const Loaded<kWidth> &from) {
        ++count;
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) sums[n] += widen(from.values[n]);
      });
  const auto over = static_cast<Number>(divisor != 0 ? divisor : count);
  if (count > 0 && divisor != 1) {
    SPC_UNROLL
    for (int n = 0; n < kWidth; ++n) sums[n] /= over;
  }
  const int64_t row = walk.first + place.row;
  store_narrow(output + row * walk.channels + place.channel, sums);
  if (counts != nullptr && place.channel == 0) counts[row] = count;
}

// The gradients read those of the output and write those of the input.
template <int kWidth>
SPC_DEVICE void maximum_gradient(const TableWalk &walk, const ELEMENT *grad_output, const int32_t *saved,
                                 ELEMENT *grad_input) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.rows) return;
  const int64_t own = walk.first + place.row;
  Number sums[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) sums[n] = 0;
  for_pairs<kWidth>(
      walk, place.row,
      [&](int32_t row, Loaded<kWidth> &to) {
        const int64_t at = static_cast<int64_t>(row) * walk.channels + place.channel;
        load(to.values, grad_output + at);
        load(to.rows, saved + at);
      },
      [&](int32_t, const Loaded<kWidth> &from) {
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) sums[n] += from.rows[n] == own ? widen(from.values[n]) : Number(0);
      });
  store_narrow(grad_input + own * walk.channels + place.channel, sums);
}

// counts: the number of pairs of each row read, where divisor is 0.
template <int kWidth>
SPC_DEVICE void sum_gradient(const TableWalk &walk, const ELEMENT *grad_output, int32_t divisor, const int32_t *counts,
                             ELEMENT *grad_input) {
  const Place place = place_of(global_thread(), walk.row_threads, kWidth);
  if (place.row >= walk.rows) return;
  Number sums[kWidth];
  SPC_UNROLL
  for (int n = 0; n < kWidth; ++n) sums[n] = 0;
  for_pairs<kWidth>(
      walk, place.row,
      [&](int32_t row, Loaded<kWidth> &to) {
        load(to.values, grad_output + static_cast<int64_t>(row) * walk.channels + place.channel);
        to.count = divisor != 0 ? divisor : counts[row];
      },
      [&](int32_t, const Loaded<kWidth> &from) {
        const Number scale = Number(1) / static_cast<Number>(from.count);
        SPC_UNROLL
        for (int n = 0; n < kWidth; ++n) sums[n] += product(scale, widen(from.values[n]));
      });
  store_narrow(grad_input + (walk.first + place.row) * walk.channels + place.channel, sums);
}

SPC_KERNEL(kThreads, pooling_maximum, TableWalk walk, const ELEMENT *input, int32_t *saved, ELEMENT *output) {
  walk.width == 1 ? maximum<1>(walk, input, saved, output) : maximum<kVector<ELEMENT>>(walk, input, saved, output);
}

SPC_KERNEL(kThreads, pooling_sum, TableWalk walk, const ELEMENT *input, int32_t divisor, int32_t *counts,
           ELEMENT *output) {
  walk.width == 1 ? sum<1>(walk, input, divisor, counts, output)
                  : sum<kVector<ELEMENT>>(walk, input, divisor, counts, output);
}

SPC_KERNEL(kThreads, pooling_maximum_gradient, TableWalk walk, const ELEMENT *grad_output, const int32_t *saved,
           ELEMENT *grad_input) {
  walk.width == 1 ? maximum_gradient<1>(walk, grad_output, saved, grad_input)
                  : maximum_gradient<kVector<ELEMENT>>(walk, grad_output, saved, grad_input);
}

SPC_KERNEL(kThreads, pooling_sum_gradient, TableWalk walk, const ELEMENT *grad_output, int32_t divisor,
           const int32_t *counts, ELEMENT *grad_input) {
  walk.width == 1 ? sum_gradient<1>(walk, grad_output, divisor, counts, grad_input)
                  : sum_gradient<kVector<ELEMENT>>(walk, grad_output, divisor, counts, grad_input);
}
