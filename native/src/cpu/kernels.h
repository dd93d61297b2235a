// The inner loops, one table of functions an instruction set. Plain pointers only: what is behind the table is compiled
// with flags that nothing else may be compiled with.
#pragma once

#include <cstdint>

#include "half.h"

namespace spc {

// Columns of packed weights and of sums are padded to this many bytes, whatever the instruction set.
constexpr int64_t kLaneBytes = 64;
// Rows that accumulate takes at once, at most.
constexpr int64_t kMostRows = 32;
// Pairs that outer takes at once, at most.
constexpr int64_t kMostPairs = 256;
// Products that the processor's tiles (AMX) add up in one step: channels in accumulate, pairs in outer.
constexpr int64_t kTileDepth = 32;

// sums[to[i] - to_first] += input[row(from[i])] * weight for a run of one tap's pairs.
template <class T>
struct Accumulate {
  const T *input;             // [rows, in]
  const int32_t *input_rows;  // from position to row, or null
  const int32_t *from;        // [count]
  const int32_t *to;          // [count]
  int64_t count;
  const Sum<T> *weight;  // packed, see pack
  Sum<T> *sums;          // [rows of the tile, padded]
  Sum<T> *scratch;       // [kMostRows, in padded], for 16-bit types; aligned to kLaneBytes as weight is
  int64_t to_first;
  int64_t input_step;  // from one row of the input to the next, for in may be the channels of one group
  int64_t in;
  int64_t padded;  // columns of sums
  int64_t out;     // columns that count
};

// sums += input[row(from[i])]^T * grad[row(to[i])], over the pairs in their order.
template <class T>
struct Outer {
  const T *input;  // [rows, in]
  const int32_t *input_rows;
  const T *grad;  // [rows, out]
  const int32_t *grad_rows;
  const int32_t *from;
  const int32_t *to;
  int64_t count;
  const int32_t *next_from;  // pairs that the next call takes: their rows are on their way meanwhile
  const int32_t *next_to;
  int64_t next_count;
  Sum<T> *sums;     // [in, padded]
  Sum<T> *scratch;  // [at_once, in padded + padded]: rows of the pairs at hand, where they are not read as they lie
  int64_t at_once;  // a multiple of kTileDepth, kMostPairs at most
  int64_t input_step, grad_step;  // from one row to the next
  int64_t in;
  int64_t out;
  int64_t padded;
};

// output[row(first + i)] = sums[i] + bias + residual[row(first + i)], rectified where that is asked, for the rows of a
// tile.
template <class T>
struct Finish {
  const Sum<T> *sums;  // [rows, padded]
  int64_t padded;
  const Sum<T> *bias;  // [out] or null
  T *output;           // [all rows, out], rows output_step apart
  int64_t output_step;
  const T *residual;  // as output, or null
  bool rectify;
  const int32_t *output_rows;
  int64_t first;
  int64_t rows;
  int64_t out;
  bool past_caches = false;  // of output, whose rows are whole lines then; not for 16-bit types
};

// sums += the rows at positions [first, first + rows), in that order.
template <class T>
struct SumColumns {
  const T *matrix;
  const int32_t *matrix_rows;  // from position to row, or null
  int64_t step;                // from one row to the next
  int64_t first;
  int64_t rows;
  int64_t columns;
  double *sums;
};

// One tap's weights, at the given steps, in the order in which accumulate reads them; they are rounded to T.
template <class T, class W>
struct Pack {
  const W *weight;
  int64_t in_step;
  int64_t out_step;
  int64_t in;
  int64_t out;
  Sum<T> *packed;  // room for packed_rows(in) * padded
};

// Consecutive rows of a norm, [rows, columns] one after the other. Of each column: what is subtracted from it, and the
// scale and shift that follow.
template <class S>
struct NormRows {
  const S *x;
  int64_t rows;
  int64_t columns;
  const S *mean;
  const S *scale;
  const S *shift;
};

// sums += x - mean and squares += (x - mean)^2, rounded to S within these rows.
template <class S>
struct NormMoments {
  NormRows<S> of;
  double *sums;     // [columns]
  double *squares;  // [columns]
};

// output = (x - mean) * scale + shift + residual, rectified where that is asked.
template <class S>
struct NormApply {
  NormRows<S> of;
  const S *residual;  // or null
  bool rectify;
  S *output;  // may be x
};

// Which gradients ReLU lets through: all where there is none; else where its result, which is in output or is computed
// again, is above zero or not a number.
enum class NormMask { kAll, kByInput, kByOutput };

// Of the gradients g that are let through: sums += g and products += g * (x - mean), rounded to S within these rows;
// and, where to is not null, to = g in the first pass, to = scale * (g - offset - (x - mean) * slope) in the second.
template <class S>
struct NormGradient {
  NormRows<S> of;
  NormMask mask;
  const S *output;
  const S *gradient;
  double *sums;      // [columns]
  double *products;  // [columns]
  const S *offset;   // [columns]
  const S *slope;    // [columns]
  S *to;
};

template <class S>
struct NormKernels {
  void (*add_moments)(const NormMoments<S> &);
  void (*apply)(const NormApply<S> &);
  void (*add_gradients)(const NormGradient<S> &);
  void (*write_gradients)(const NormGradient<S> &);
};

template <class T>
struct KernelsOf {
  // A thread calls accumulate and outer between these two, and hands on what the processor keeps for them meanwhile.
  void (*begin)();
  void (*end)();
  void (*accumulate)(const Accumulate<T> &);
  void (*outer)(const Outer<T> &);
  // The same where each output channel reads the one input channel of its own index: in is 1, weight [1, out] as sums.
  void (*accumulate_channels)(const Accumulate<T> &);
  void (*outer_channels)(const Outer<T> &);
  void (*pack)(const Pack<T, T> &);
  void (*pack_sums)(const Pack<T, Sum<T>> &);
  void (*finish)(const Finish<T> &);
  void (*sum_columns)(const SumColumns<T> &);
  void (*widen)(const T *from, int64_t count, Sum<T> *to);
};

struct Kernels {
  const char *name;
  KernelsOf<float> f32;
  KernelsOf<double> f64;
  KernelsOf<BFloat16> bf16;
  KernelsOf<Float16> f16;
  NormKernels<float> norm_f32;
  NormKernels<double> norm_f64;
};

extern const Kernels kBaselineKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
extern const Kernels kAvx512Bf16Kernels;
extern const Kernels kAmxKernels;
#endif

inline const KernelsOf<float> &kernels_of(const Kernels &kernels, float) {
  return kernels.f32;
}
inline const KernelsOf<double> &kernels_of(const Kernels &kernels, double) {
  return kernels.f64;
}
inline const KernelsOf<BFloat16> &kernels_of(const Kernels &kernels, BFloat16) {
  return kernels.bf16;
}
inline const KernelsOf<Float16> &kernels_of(const Kernels &kernels, Float16) {
  return kernels.f16;
}

inline const NormKernels<float> &norm_kernels_of(const Kernels &kernels, float) {
  return kernels.norm_f32;
}
inline const NormKernels<double> &norm_kernels_of(const Kernels &kernels, double) {
  return kernels.norm_f64;
}

}  // namespace spc
