// The inner loops, included once by each gemm_<instruction set>.cpp. SPC_VECTOR_BYTES is the width of a vector, and
// SPC_ROWS is the number of rows of a register block: the sums that are held in registers at once. Everything is in an
// anonymous namespace and uses nothing of the standard library, so that the linker cannot take a symbol that was
// compiled for this instruction set for the rest of the program.
//
// Every sum adds in a fixed order (per tap over channels, then over taps; or over pairs), whatever the shape of the
// register blocks. That is why results depend on neither the number of threads nor the tiles of rows.

#include "cpu/lanes-inl.h"
#include "cpu/norm-inl.h"

namespace spc {
namespace {

constexpr int kRows = SPC_ROWS;
constexpr int kVectors = 2;  // columns of a register block, in vectors

// sums[m] += input[m] * weight, M rows by V vectors, over all input channels. It starts from zero and reads the sums
// last, so that the first products do not wait for them.
template <class E, class S, int M, int V>
void accumulate_tile(const E *const *input, S *const *sums, const E *weight, int64_t elements) {
  using Vector = typename Lanes<S>::Vector;
  Vector sum[M][V];
  const E *row[M];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
    row[m] = input[m];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = Vector{};
  }
  for (int64_t k = 0; k < elements; ++k, weight += V * kLanes<E>) {
    typename Lanes<E>::Vector column[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) column[v] = load(weight + v * kLanes<E>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const E value = row[m][k];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) add_product(sum[m][v], value, column[v]);
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(sums[m] + v * kLanes<S>, load(sums[m] + v * kLanes<S>) + sum[m][v]);
  }
}

constexpr int64_t kPairsAhead = 16;

// Rows that the next call needs, as many as the current elements. One cache line of each is prefetched while a register
// block is computed.
struct Ahead {
  const char *const *rows;
  int64_t line;  // the cache line, in bytes from the beginning of the row
};

// sums[m] += input[i][m] * grad[i], M input channels by V vectors, over `count` elements whose rows are anywhere in
// memory. The rows of later elements are prefetched, so their pointers are read too.
template <class E, class S, int M, int V>
void outer_tile(const E *const *input, int64_t first_in, const E *const *grad, int64_t first_out, int64_t count,
                S *sums, int64_t padded, const Ahead &ahead) {
  using Vector = typename Lanes<S>::Vector;
  Vector sum[M][V];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = load(sums + m * padded + v * kLanes<S>);
  }
  for (int64_t i = 0; i < count; ++i) {
    const E *row = input[i] + first_in, *other = grad[i] + first_out;
    asm("" : "+r"(row), "+r"(other));
    __builtin_prefetch(ahead.rows[i] + ahead.line, 0, 2);
    __builtin_prefetch(input[i + kPairsAhead] + first_in + M - 1);
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) __builtin_prefetch(grad[i + kPairsAhead] + first_out + v * kLanes<E>);
    typename Lanes<E>::Vector column[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) column[v] = load(other + v * kLanes<E>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const E value = row[m];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) add_product(sum[m][v], value, column[v]);
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(sums + m * padded + v * kLanes<S>, sum[m][v]);
  }
}

template <class E, class S>
using AccumulateTile = void (*)(const E *const *, S *const *, const E *, int64_t);
template <class E, class S>
using OuterTile = void (*)(const E *const *, int64_t, const E *const *, int64_t, int64_t, S *, int64_t, const Ahead &);

// By rows - 1 and vectors - 1.
template <class E, class S, int... M>
struct TilesOf {
  static constexpr AccumulateTile<E, S> accumulate[][kVectors] = {
      {accumulate_tile<E, S, M, 1>, accumulate_tile<E, S, M, 2>}...};
  static constexpr OuterTile<E, S> outer[][kVectors] = {{outer_tile<E, S, M, 1>, outer_tile<E, S, M, 2>}...};
};
#if SPC_ROWS == 14
template <class T>
using Tiles = TilesOf<Element<T>, Sum<T>, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>;
#elif SPC_ROWS == 6
template <class T>
using Tiles = TilesOf<Element<T>, Sum<T>, 1, 2, 3, 4, 5, 6>;
#endif
static_assert(kRows <= kMostRows);

// The number of rows of the next register block when `rest` rows are left: as few blocks as possible, about equal.
inline int next_rows(int64_t rest) {
  if (rest <= 0) return 0;
  if (rest >= 4 * kRows) return kRows;
  const int64_t tiles = (rest + kRows - 1) / kRows;
  return static_cast<int>((rest + tiles - 1) / tiles);
}

// A row as accumulate_tile reads it: the row itself, or a converted copy in `to`.
template <class T>
inline const Element<T> *elements_of(const T *row, int64_t columns, Sum<T> *to) {
  if constexpr (!kIsHalf<T>) {
    return row;
  } else if constexpr (kDepth<Element<T>> == 1) {
    widen_row(row, columns, to);
    return to;
  } else {
    if (columns % 2 == 0) return reinterpret_cast<const Pair *>(row);
    Pair *const pairs = reinterpret_cast<Pair *>(to);
    for (int64_t k = 0; k + 1 < columns; k += 2) pairs[k / 2] = join(row[k], row[k + 1]);
    pairs[columns / 2] = join(row[columns - 1], BFloat16{0});
    return pairs;
  }
}

template <class T>
void accumulate(const Accumulate<T> &job) {
  using E = Element<T>;
  const int64_t vectors = vectors_of<Sum<T>>(job.out);
  const int64_t panels = (vectors + kVectors - 1) / kVectors, lines = cache_lines_of<T>(job.in);
  const int64_t elements = (job.in + kDepth<E> - 1) / kDepth<E>;
  const E *input[kRows];
  const T *next[kRows];
  Sum<T> *sums[kRows];
  int rows = next_rows(job.count);
  for (int m = 0; m < rows; ++m) next[m] = job.input + row_at(job.input_rows, job.from[m]) * job.input_step;
  for (int64_t i = 0; i < job.count;) {
    for (int m = 0; m < rows; ++m) {
      input[m] = elements_of(next[m], job.in, job.scratch + m * job.in);
      sums[m] = job.sums + (job.to[i + m] - job.to_first) * job.padded;
    }
    const int rows_next = next_rows(job.count - i - rows);
    for (int m = 0; m < rows_next; ++m) {
      next[m] = job.input + row_at(job.input_rows, job.from[i + rows + m]) * job.input_step;
    }
    const E *weight = reinterpret_cast<const E *>(job.weight);
    for (int64_t panel = 0; panel < panels; ++panel) {
      // Rows are anywhere in memory: those of the next block are prefetched while this one is computed.
      for (int m = 0; m < rows_next; ++m) {
        prefetch_row(next[m], lines * panel / panels, lines * (panel + 1) / panels);
      }
      const int64_t left = vectors - panel * kVectors, width = left < kVectors ? left : kVectors;
      Tiles<T>::accumulate[rows - 1][width - 1](input, sums, weight, elements);
      weight += elements * width * kLanes<E>;
      for (int m = 0; m < rows; ++m) sums[m] += kVectors * kLanes<Sum<T>>;
    }
    i += rows;
    rows = rows_next;
  }
}

constexpr int64_t kRowsAhead = 12;

// Lays one row for outer_tile, or two joined by column; `second` may be null.
template <class T>
inline void lay_row(const T *first, const T *second, int64_t columns, Element<T> *to) {
  if constexpr (kDepth<Element<T>> == 1) {
    widen_row(first, columns, to);
  } else if (second != nullptr) {
    for (int64_t n = 0; n < columns; ++n) to[n] = join(first[n], second[n]);
  } else {
    for (int64_t n = 0; n < columns; ++n) to[n] = join(first[n], BFloat16{0});
  }
}

// Where the rows at `positions` lie, which are `stride` apart; returns how many.
template <class T>
inline int64_t point(const T *matrix, int64_t step, const int32_t *rows, const int32_t *positions, int64_t count,
                     int64_t stride, const T **to) {
  int64_t i = 0;
  if (rows == nullptr) {
    for (int64_t k = 0; k < count; k += stride) to[i++] = matrix + positions[k] * step;
  } else {
    for (int64_t k = 0; k < count; k += stride) to[i++] = matrix + rows[positions[k]] * step;
  }
  return i;
}

// Of the pairs after number `first`, and then of those that the next call takes, one for each of `elements`; the first
// row at hand where there are no more.
template <class T>
inline void point_ahead(const Outer<T> &job, int64_t first, int64_t elements, const T **input, const T **grad) {
  constexpr int64_t kStep = kDepth<Element<T>>;
  const int64_t wanted = elements * kStep, rest = job.count - first, here = rest < wanted ? rest : wanted;
  int64_t made = point(job.input, job.input_step, job.input_rows, job.from + first, here, kStep, input);
  point(job.grad, job.grad_step, job.grad_rows, job.to + first, here, kStep, grad);
  const int64_t left = (elements - made) * kStep, there = job.next_count < left ? job.next_count : left;
  point(job.grad, job.grad_step, job.grad_rows, job.next_to, there, kStep, grad + made);
  made += point(job.input, job.input_step, job.input_rows, job.next_from, there, kStep, input + made);
  const T *const any_input = job.input + row_at(job.input_rows, *job.from) * job.input_step;
  const T *const any_grad = job.grad + row_at(job.grad_rows, *job.to) * job.grad_step;
  for (; made < elements; ++made) input[made] = any_input, grad[made] = any_grad;
}

// Of `count` pairs that are at hand and kPairsAhead more, of which those that there are not are the last one.
template <class T>
inline void point_here(const T *matrix, int64_t step, const int32_t *rows, const int32_t *positions, int64_t count,
                       int64_t left, const T **to) {
  const int64_t wanted = count + kPairsAhead, there = left < wanted ? left : wanted;
  for (int64_t i = point(matrix, step, rows, positions, there, 1, to); i < wanted; ++i) to[i] = to[there - 1];
}

// Rows side by side, as elements; points at them in place of what they were made of.
template <class T>
inline void lay_rows(const T *const *rows, int64_t count, int64_t columns, int64_t padded, Element<T> *to,
                     const Element<T> **laid) {
  constexpr int64_t kStep = kDepth<Element<T>>;
  const int64_t lines = cache_lines_of<T>(columns);
  int64_t elements = 0;
  for (int64_t i = 0; i < count; i += kStep, to += padded) {
    for (int64_t k = 0; k < kStep; ++k) prefetch_row(rows[i + kRowsAhead + k], 0, lines);
    lay_row(rows[i], i + 1 < count ? rows[i + 1] : nullptr, columns, to);
    for (int64_t n = columns; n < padded; ++n) to[n] = Element<T>{};
    laid[elements++] = to;
  }
  for (int64_t i = 0; i < kPairsAhead; ++i) laid[elements + i] = laid[elements - 1];
}

template <class T>
void outer(const Outer<T> &job) {
  using E = Element<T>;
  static_assert(kRowsAhead + kDepth<E> <= kPairsAhead);
  const int64_t vectors = vectors_of<Sum<T>>(job.out), columns = vectors * kLanes<E>;
  const int64_t in_lines = cache_lines_of<T>(job.in), out_lines = cache_lines_of<T>(job.out);
  E *const input_laid = reinterpret_cast<E *>(job.scratch);
  E *const grad_laid = input_laid + job.at_once * job.in;
  const T *input_rows[kMostPairs + kPairsAhead], *grad_rows[kMostPairs + kPairsAhead];
  const T *input_ahead[kMostPairs], *grad_ahead[kMostPairs];
  const E *laid_input[kMostPairs + kPairsAhead], *laid_grad[kMostPairs + kPairsAhead];
  for (int64_t first = 0; first < job.count; first += job.at_once) {
    const int64_t left = job.count - first, count = left < job.at_once ? left : job.at_once;
    const int64_t elements = (count + kDepth<E> - 1) / kDepth<E>;
    point_here(job.input, job.input_step, job.input_rows, job.from + first, count, left, input_rows);
    point_here(job.grad, job.grad_step, job.grad_rows, job.to + first, count, left, grad_rows);
    point_ahead(job, first + count, elements, input_ahead, grad_ahead);
    // Rows that are 16-bit numbers, or end amid a vector, are laid side by side; others are read where they lie.
    const E *const *input = laid_input, *const *grad = laid_grad;
    if constexpr (kIsHalf<T>) {
      lay_rows(input_rows, count, job.in, job.in, input_laid, laid_input);
      lay_rows(grad_rows, count, job.out, job.padded, grad_laid, laid_grad);
    } else {
      input = input_rows;
      if (columns != job.out) {
        lay_rows(grad_rows, count, job.out, job.padded, grad_laid, laid_grad);
      } else {
        grad = grad_rows;
      }
    }
    int64_t line = 0;
    for (int64_t v = 0; v < vectors; v += kVectors) {
      const int64_t width = vectors - v < kVectors ? vectors - v : kVectors;
      for (int64_t k = 0; k < job.in;) {
        const int rows = next_rows(job.in - k);
        // Where there are more tiles than cache lines, the rest fetch the first line again.
        const bool of_grad = line >= in_lines && line < in_lines + out_lines;
        const T *const *const ahead = of_grad ? grad_ahead : input_ahead;
        const int64_t bytes = of_grad           ? kCacheLineBytes * (line - in_lines)
                              : line < in_lines ? kCacheLineBytes * line
                                                : 0;
        const Ahead next{reinterpret_cast<const char *const *>(ahead), bytes};
        ++line;
        Tiles<T>::outer[rows - 1][width - 1](input, k, grad, v * kLanes<E>, elements,
                                             job.sums + k * job.padded + v * kLanes<E>, job.padded, next);
        k += rows;
      }
    }
  }
}

inline float wide(float value) {
  return value;
}
inline double wide(double value) {
  return value;
}
inline float wide(BFloat16 value) {
  return widen(value);
}
inline float wide(Float16 value) {
  return widen(value);
}

// sums += a * b, channel by channel.
template <class A, class B, class S>
inline void multiply_add(const A *a, const B *b, int64_t columns, S *sums) {
  int64_t n = 0;
  if constexpr (__is_same(A, S) && __is_same(B, S)) {
    for (; n + kLanes<S> <= columns; n += kLanes<S>) store(sums + n, load(sums + n) + load(a + n) * load(b + n));
  }
  for (; n < columns; ++n) sums[n] += wide(a[n]) * wide(b[n]);
}

template <class T>
void accumulate_channels(const Accumulate<T> &job) {
  const int64_t lines = cache_lines_of<T>(job.out);
  const auto input_row = [&](int64_t i) { return job.input + row_at(job.input_rows, job.from[i]) * job.input_step; };
  for (int64_t i = 0; i < job.count; ++i) {
    if (i + kRowsAhead < job.count) prefetch_row(input_row(i + kRowsAhead), 0, lines);
    multiply_add(input_row(i), job.weight, job.out, job.sums + (job.to[i] - job.to_first) * job.padded);
  }
}

template <class T>
void outer_channels(const Outer<T> &job) {
  const int64_t lines = cache_lines_of<T>(job.out);
  const auto input_row = [&](int64_t i) { return job.input + row_at(job.input_rows, job.from[i]) * job.input_step; };
  const auto grad_row = [&](int64_t i) { return job.grad + row_at(job.grad_rows, job.to[i]) * job.grad_step; };
  for (int64_t i = 0; i < job.count; ++i) {
    if (i + kRowsAhead < job.count) {
      prefetch_row(input_row(i + kRowsAhead), 0, lines);
      prefetch_row(grad_row(i + kRowsAhead), 0, lines);
    }
    multiply_add(input_row(i), grad_row(i), job.out, job.sums);
  }
}

template <class T, class W>
inline T rounded(W weight) {
  if constexpr (__is_same(T, W)) {
    return weight;
  } else {
    T result;
    narrow(weight, result);
    return result;
  }
}

// Rows of elements, those past the last channel zero.
template <class E, class T, class W>
void pack_rows(const Pack<T, W> &job, int64_t rows) {
  const int64_t vectors = vectors_of<Sum<T>>(job.out);
  E *packed = reinterpret_cast<E *>(job.packed);
  const auto at = [&](int64_t k, int64_t column) {
    return k < job.in && column < job.out ? rounded<T>(job.weight[k * job.in_step + column * job.out_step]) : T{};
  };
  for (int64_t v = 0; v < vectors; v += kVectors) {
    const int64_t columns = (vectors - v < kVectors ? vectors - v : kVectors) * kLanes<E>;
    for (int64_t k = 0; k < rows * kDepth<E>; k += kDepth<E>) {
      for (int64_t n = 0; n < columns; ++n) {
        const int64_t column = v * kLanes<E> + n;
        if constexpr (kDepth<E> == 2) {
          *packed++ = join(at(k, column), at(k + 1, column));
        } else if constexpr (kIsHalf<T>) {
          *packed++ = widen(at(k, column));
        } else {
          *packed++ = at(k, column);
        }
      }
    }
  }
}

template <class T, class W>
void pack(const Pack<T, W> &job) {
  using E = Element<T>;
  pack_rows<E>(job, (job.in + kDepth<E> - 1) / kDepth<E>);
}

template <class T, bool Stream>
void finish_row(const Finish<T> &job, const Sum<T> *sums, const T *residual, T *to) {
  using S = Sum<T>;
  int64_t n = 0;
  for (; n + kLanes<S> <= job.out; n += kLanes<S>) {
    typename Lanes<S>::Vector value = load(sums + n);
    if (job.scale != nullptr) value *= load(job.scale + n);
    if (job.bias != nullptr) value += load(job.bias + n);
    if (residual != nullptr) value += load_wide(residual + n);
    if (job.rectify) value = value < 0 ? typename Lanes<S>::Vector{} : value;  // not-a-number stays
    if constexpr (Stream) {
      stream(to + n, value);
    } else {
      store_narrow(to + n, value);
    }
  }
  const S least = job.rectify ? 0 : -static_cast<S>(__builtin_inf());  // a branch on values would rarely be foreseen
  for (; n < job.out; ++n) {
    S value = sums[n];
    if (job.scale != nullptr) value *= job.scale[n];
    if (job.bias != nullptr) value += job.bias[n];
    if (residual != nullptr) value += widen(residual[n]);
    narrow(value < least ? least : value, to[n]);
  }
}

template <class T>
void finish(const Finish<T> &job) {
  const int64_t lines = cache_lines_of<T>(job.out);
  const auto row = [&](int64_t i) { return job.output + row_at(job.output_rows, job.first + i) * job.output_step; };
  for (int64_t i = 0; i < job.rows; ++i) {
    T *const to = row(i);
    const Sum<T> *const sums = job.sums + i * job.padded;
    const T *const residual = job.residual != nullptr ? job.residual + (to - job.output) : nullptr;
    if constexpr (!kIsHalf<T>) {
      if (job.non_temporal) {
        finish_row<T, true>(job, sums, residual, to);
        continue;
      }
    }
    if (i + kRowsAhead < job.rows) {
      T *const ahead = row(i + kRowsAhead);
      prefetch_row<T, 1>(ahead, 0, lines);
      if (residual != nullptr) prefetch_row(job.residual + (ahead - job.output), 0, lines);
    }
    finish_row<T, false>(job, sums, residual, to);
  }
  if (job.non_temporal) finish_streams();
}

constexpr int64_t kRowsOfSum = 16;  // whose sums are made in the type of the numbers

template <class T>
void sum_columns(const SumColumns<T> &job) {
  using S = Sum<T>;
  const T *row[kRowsOfSum];
  for (int64_t first = 0; first < job.rows; first += kRowsOfSum) {
    const int64_t rows = job.rows - first < kRowsOfSum ? job.rows - first : kRowsOfSum;
    for (int64_t i = 0; i < rows; ++i) {
      row[i] = job.matrix + row_at(job.matrix_rows, job.first + first + i) * job.step;
    }
    int64_t n = 0;
    if constexpr (!kIsHalf<T>) {
      for (; n + kLanes<S> <= job.columns; n += kLanes<S>) {
        typename Lanes<S>::Vector sum{};
        for (int64_t i = 0; i < rows; ++i) sum += load(row[i] + n);
        for (int64_t k = 0; k < kLanes<S>; ++k) job.sums[n + k] += sum[k];
      }
    }
    for (constexpr int64_t kColumns = 64; n < job.columns; n += kColumns) {
      const int64_t columns = job.columns - n < kColumns ? job.columns - n : kColumns;
      S sums[kColumns] = {};
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t k = 0; k < columns; ++k) sums[k] += wide(row[i][n + k]);
      }
      for (int64_t k = 0; k < columns; ++k) job.sums[n + k] += sums[k];
    }
  }
}

inline void keep_nothing() {}

template <class T>
constexpr LoopsOf<T> make_loops() {
  return {.begin = keep_nothing,
          .end = keep_nothing,
          .accumulate = accumulate<T>,
          .outer = outer<T>,
          .accumulate_channels = accumulate_channels<T>,
          .outer_channels = outer_channels<T>,
          .pack = pack<T, T>,
          .pack_sums = pack<T, Sum<T>>,
          .finish = finish<T>,
          .sum_columns = sum_columns<T>,
          .widen = widen_row<T>};
}

}  // namespace
}  // namespace spc
