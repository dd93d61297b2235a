// The inner loops, included once by each gemm_<instruction set>.cpp, which says with SPC_VECTOR_BYTES how wide a vector
// is and with SPC_ROWS how many rows a tile of registers has. Everything is in an anonymous namespace and nothing of
// the standard library is used, so that no symbol compiled with raised flags can be taken by the rest of the program.
//
// Every sum is one chain of additions in a fixed order (taps, then channels; or pairs), whatever the shape of the tiles
// that it falls into. That is why results depend on neither the number of threads nor the cut into tiles.

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

inline int64_t row_at(const int32_t *rows, int32_t position) {
  return rows != nullptr ? rows[position] : position;
}

// sums[m] += input[m] * weight, M rows by V vectors, over all input channels.
template <class T, int M, int V>
void accumulate_tile(const T *const *input, T *const *sums, const T *weight, int64_t in) {
  using Vector = typename Lanes<T>::Vector;
  Vector sum[M][V];
  const T *row[M];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
    row[m] = input[m];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = load(sums[m] + v * kLanes<T>);
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
    for (int v = 0; v < V; ++v) store(sums[m] + v * kLanes<T>, sum[m][v]);
  }
}

// sums[m] += input[i][m] * grad[i], M input channels by V vectors, over `count` pairs.
template <class T, int M, int V>
void outer_tile(const T *const *input, int64_t in_first, const T *const *grad, int64_t out_first, int64_t count,
                T *sums, int64_t padded) {
  using Vector = typename Lanes<T>::Vector;
  Vector sum[M][V];
#pragma GCC unroll 16
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sum[m][v] = load(sums + m * padded + v * kLanes<T>);
  }
  for (int64_t i = 0; i < count; ++i) {
    const T *const from = input[i] + in_first;
    const T *const to = grad[i] + out_first;
    Vector column[V];
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) column[v] = load(to + v * kLanes<T>);
#pragma GCC unroll 16
    for (int m = 0; m < M; ++m) {
      const T value = from[m];
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
using OuterTile = void (*)(const T *const *, int64_t, const T *const *, int64_t, int64_t, T *, int64_t);

// By rows - 1 and vectors - 1.
template <class T, int... M>
struct TilesOf {
  static constexpr AccumulateTile<T> accumulate[][kVectors] = {{accumulate_tile<T, M, 1>, accumulate_tile<T, M, 2>}...};
  static constexpr OuterTile<T> outer[][kVectors] = {{outer_tile<T, M, 1>, outer_tile<T, M, 2>}...};
};
#if SPC_ROWS == 14
template <class T>
using Tiles = TilesOf<T, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14>;
#elif SPC_ROWS == 12
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

template <class T>
void accumulate(const Accumulate<T> &job) {
  const int64_t vectors = vectors_of<T>(job.out);
  for (int64_t i = 0; i < job.count;) {
    const int rows = next_rows(job.count - i);
    const T *input[kRows];
    T *sums[kRows];
    for (int m = 0; m < rows; ++m) {
      input[m] = job.input + row_at(job.input_rows, job.from[i + m]) * job.in;
      sums[m] = job.sums + (job.to[i + m] - job.to_first) * job.padded;
    }
    const T *weight = job.weight;
    for (int64_t v = 0; v < vectors; v += kVectors) {
      const int64_t width = vectors - v < kVectors ? vectors - v : kVectors;
      Tiles<T>::accumulate[rows - 1][width - 1](input, sums, weight, job.in);
      weight += job.in * width * kLanes<T>;
      for (int m = 0; m < rows; ++m) sums[m] += kVectors * kLanes<T>;
    }
    i += rows;
  }
}

constexpr int64_t kOuterPairs = 128;

template <class T>
void outer(const Outer<T> &job) {
  const int64_t vectors = vectors_of<T>(job.out);
  const int64_t whole = job.out / kLanes<T>;  // a last vector that is not whole is copied, not read past its row
  T tail[kOuterPairs * kLanes<T>];
  const T *input[kOuterPairs];
  const T *grad[kOuterPairs];
  const T *tails[kOuterPairs];
  for (int64_t first = 0; first < job.count; first += kOuterPairs) {
    const int64_t count = job.count - first < kOuterPairs ? job.count - first : kOuterPairs;
    for (int64_t i = 0; i < count; ++i) {
      input[i] = job.input + row_at(job.input_rows, job.from[first + i]) * job.in;
      grad[i] = job.grad + row_at(job.grad_rows, job.to[first + i]) * job.out;
      if (whole == vectors) continue;
      T *const copy = tail + i * kLanes<T>;
      for (int64_t n = 0; n < kLanes<T>; ++n) {
        const int64_t column = whole * kLanes<T> + n;
        copy[n] = column < job.out ? grad[i][column] : T(0);
      }
      tails[i] = copy;
    }
    for (int64_t v = 0; v < vectors;) {
      const int64_t width = v + kVectors <= whole ? kVectors : 1;
      for (int64_t k = 0; k < job.in;) {
        const int rows = next_rows(job.in - k);
        T *const sums = job.sums + k * job.padded + v * kLanes<T>;
        if (v < whole) {
          Tiles<T>::outer[rows - 1][width - 1](input, k, grad, v * kLanes<T>, count, sums, job.padded);
        } else {
          Tiles<T>::outer[rows - 1][0](input, k, tails, 0, count, sums, job.padded);
        }
        k += rows;
      }
      v += width;
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
void finish(const T *from, const T *bias, int64_t out, T *to) {
  if (bias != nullptr) {
    for (int64_t n = 0; n < out; ++n) to[n] = from[n] + bias[n];
  } else {
    for (int64_t n = 0; n < out; ++n) to[n] = from[n];
  }
}

template <class T>
constexpr KernelsOf<T> make_kernels() {
  return {accumulate<T>, outer<T>, pack<T>, finish<T>};
}

}  // namespace
}  // namespace spc
