// The inner loops, included once by each gemm_<instruction set>.cpp, which says with SPC_VECTOR_BYTES how wide a vector
// is and with SPC_ROWS how many rows a tile of registers has. Everything is in an anonymous namespace and nothing of
// the standard library is used, so that no symbol compiled with raised flags can be taken by the rest of the program.
//
// Every sum adds in a fixed order (per tap over channels, then over taps; or over pairs), whatever the shape of the
// tiles that it falls into. That is why results depend on neither the number of threads nor the cut into tiles.

#include "cpu/kernels.h"

namespace spc {
namespace {

template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float Vector __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef float Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES), aligned(4), may_alias));
};
template <>
struct Lanes<double> {
  typedef double Vector __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef double Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES), aligned(8), may_alias));
};

template <class T>
constexpr int64_t kLanes = SPC_VECTOR_BYTES / sizeof(T);
constexpr int kRows = SPC_ROWS;
constexpr int kVectors = 2;  // columns of a tile of registers, in vectors

template <class T>
inline typename Lanes<T>::Vector load(const T *from) {
  return *reinterpret_cast<const typename Lanes<T>::Unaligned *>(from);
}
template <class T>
inline void store(T *to, typename Lanes<T>::Vector value) {
  *reinterpret_cast<typename Lanes<T>::Unaligned *>(to) = value;
}

inline int64_t row_at(const int32_t *rows, int64_t position) {
  return rows != nullptr ? rows[position] : position;
}

// sums[m] += input[m] * weight, M rows by V vectors, over all input channels. Starts from zero and reads the sums last,
// so that the first products need not wait for them.
template <class T, int M, int V>
void accumulate_tile(const T *const *input, T *const *sums, const T *weight, int64_t in) {
  using Vector = typename Lanes<T>::Vector;
  Vector sum[M][V];
  const T *row[M];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
    row[m] = input[m];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = Vector{};
  }
  for (int64_t k = 0; k < in; ++k, weight += V * kLanes<T>) {
    Vector column[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) column[v] = load(weight + v * kLanes<T>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const T value = row[m][k];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[m][v] += value * column[v];
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(sums[m] + v * kLanes<T>, load(sums[m] + v * kLanes<T>) + sum[m][v]);
  }
}

// sums[m] += input[i][m] * grad[i], M input channels by V vectors, over `count` pairs whose rows lie side by side.
template <class T, int M, int V>
void outer_tile(const T *input, int64_t in, const T *grad, int64_t padded, int64_t count, T *sums) {
  using Vector = typename Lanes<T>::Vector;
  Vector sum[M][V];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = load(sums + m * padded + v * kLanes<T>);
  }
  for (int64_t i = 0; i < count; ++i, input += in, grad += padded) {
    Vector column[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) column[v] = load(grad + v * kLanes<T>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const T value = input[m];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) sum[m][v] += value * column[v];
    }
  }
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) store(sums + m * padded + v * kLanes<T>, sum[m][v]);
  }
}

template <class T>
using AccumulateTile = void (*)(const T *const *, T *const *, const T *, int64_t);
template <class T>
using OuterTile = void (*)(const T *, int64_t, const T *, int64_t, int64_t, T *);

// By rows - 1 and vectors - 1.
template <class T, int... M>
struct TilesOf {
  static constexpr AccumulateTile<T> accumulate[][kVectors] = {{accumulate_tile<T, M, 1>, accumulate_tile<T, M, 2>}...};
  static constexpr OuterTile<T> outer[][kVectors] = {{outer_tile<T, M, 1>, outer_tile<T, M, 2>}...};
};
#if SPC_ROWS == 12
template <class T>
using Tiles = TilesOf<T, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12>;
#elif SPC_ROWS == 6
template <class T>
using Tiles = TilesOf<T, 1, 2, 3, 4, 5, 6>;
#endif

// Rows of the next tile when `rest` are left: the last two share what is left, so that none is thin.
inline int next_rows(int64_t rest) {
  if (rest >= 2 * kRows) return kRows;
  if (rest > kRows) return static_cast<int>((rest + 1) / 2);
  return static_cast<int>(rest);
}

// Vectors of columns that hold something.
template <class T>
inline int64_t vectors_of(int64_t columns) {
  return (columns + kLanes<T> - 1) / kLanes<T>;
}

constexpr int64_t kLineBytes = 64;

// Asks for lines [begin, end) of a row.
template <class T, int Write = 0>
inline void prefetch_row(const T *row, int64_t begin, int64_t end) {
  const char *const bytes = reinterpret_cast<const char *>(row);
  for (int64_t line = begin; line < end; ++line) __builtin_prefetch(bytes + line * kLineBytes, Write);
}

// Lines that a row of so many columns may touch.
template <class T>
inline int64_t lines_of(int64_t columns) {
  return (columns * static_cast<int64_t>(sizeof(T)) + kLineBytes - 1) / kLineBytes;
}

template <class T>
void accumulate(const Accumulate<T> &job) {
  const int64_t vectors = vectors_of<T>(job.out);
  const int64_t panels = (vectors + kVectors - 1) / kVectors, lines = lines_of<T>(job.in);
  const T *input[kRows], *next[kRows];
  T *sums[kRows];
  int rows = next_rows(job.count);
  for (int m = 0; m < rows; ++m) next[m] = job.input + row_at(job.input_rows, job.from[m]) * job.in;
  for (int64_t i = 0; i < job.count;) {
    for (int m = 0; m < rows; ++m) {
      input[m] = next[m];
      sums[m] = job.sums + (job.to[i + m] - job.to_first) * job.padded;
    }
    const int rows_next = next_rows(job.count - i - rows);
    for (int m = 0; m < rows_next; ++m) {
      next[m] = job.input + row_at(job.input_rows, job.from[i + rows + m]) * job.in;
    }
    const T *weight = job.weight;
    for (int64_t panel = 0; panel < panels; ++panel) {
      // Rows lie anywhere in memory: those of the next tile are on their way while this one is computed.
      for (int m = 0; m < rows_next; ++m) {
        prefetch_row(next[m], lines * panel / panels, lines * (panel + 1) / panels);
      }
      const int64_t left = vectors - panel * kVectors, width = left < kVectors ? left : kVectors;
      Tiles<T>::accumulate[rows - 1][width - 1](input, sums, weight, job.in);
      weight += job.in * width * kLanes<T>;
      for (int m = 0; m < rows; ++m) sums[m] += kVectors * kLanes<T>;
    }
    i += rows;
    rows = rows_next;
  }
}

constexpr int64_t kRowsAhead = 12;

template <class T>
inline void copy_row(const T *from, int64_t columns, T *to) {
  int64_t n = 0;
  for (; n + kLanes<T> <= columns; n += kLanes<T>) store(to + n, load(from + n));
  for (; n < columns; ++n) to[n] = from[n];
}

template <class T>
void outer(const Outer<T> &job) {
  const int64_t vectors = vectors_of<T>(job.out);
  const int64_t in_lines = lines_of<T>(job.in), out_lines = lines_of<T>(job.out);
  T *const input = job.scratch;
  T *const grad = job.scratch + job.at_once * job.in;
  const auto input_row = [&](int64_t i) { return job.input + row_at(job.input_rows, job.from[i]) * job.in; };
  const auto grad_row = [&](int64_t i) { return job.grad + row_at(job.grad_rows, job.to[i]) * job.out; };
  for (int64_t first = 0; first < job.count; first += job.at_once) {
    const int64_t count = job.count - first < job.at_once ? job.count - first : job.at_once;
    for (int64_t i = 0; i < count; ++i) {
      if (first + i + kRowsAhead < job.count) {
        prefetch_row(input_row(first + i + kRowsAhead), 0, in_lines);
        prefetch_row(grad_row(first + i + kRowsAhead), 0, out_lines);
      }
      copy_row(input_row(first + i), job.in, input + i * job.in);
      copy_row(grad_row(first + i), job.out, grad + i * job.padded);
      for (int64_t n = job.out; n < vectors * kLanes<T>; ++n) grad[i * job.padded + n] = T(0);
    }
    for (int64_t v = 0; v < vectors; v += kVectors) {
      const int64_t width = vectors - v < kVectors ? vectors - v : kVectors;
      for (int64_t k = 0; k < job.in;) {
        const int rows = next_rows(job.in - k);
        Tiles<T>::outer[rows - 1][width - 1](input + k, job.in, grad + v * kLanes<T>, job.padded, count,
                                             job.sums + k * job.padded + v * kLanes<T>);
        k += rows;
      }
    }
  }
}

template <class T>
void pack(const T *weight, int64_t in_step, int64_t out_step, int64_t in, int64_t out, T *packed) {
  const int64_t vectors = vectors_of<T>(out);
  for (int64_t v = 0; v < vectors; v += kVectors) {
    const int64_t columns = (vectors - v < kVectors ? vectors - v : kVectors) * kLanes<T>;
    for (int64_t k = 0; k < in; ++k) {
      for (int64_t n = 0; n < columns; ++n) {
        const int64_t column = v * kLanes<T> + n;
        *packed++ = column < out ? weight[k * in_step + column * out_step] : T(0);
      }
    }
  }
}

template <class T>
void finish(const Finish<T> &job) {
  const int64_t lines = lines_of<T>(job.out);
  const auto row = [&](int64_t i) { return job.output + row_at(job.output_rows, job.first + i) * job.out; };
  for (int64_t i = 0; i < job.rows; ++i) {
    if (i + kRowsAhead < job.rows) prefetch_row<T, 1>(row(i + kRowsAhead), 0, lines);
    const T *const from = job.sums + i * job.padded;
    T *const to = row(i);
    if (job.bias == nullptr) {
      copy_row(from, job.out, to);
    } else {
      for (int64_t n = 0; n < job.out; ++n) to[n] = from[n] + job.bias[n];
    }
  }
}

template <class T>
constexpr KernelsOf<T> make_kernels() {
  return {accumulate<T>, outer<T>, pack<T>, finish<T>};
}

}  // namespace
}  // namespace spc
