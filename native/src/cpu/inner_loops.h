// The inner loops, one table of functions for each instruction set. Arguments are plain pointers: the code behind the
// table is compiled with flags that no other code may be compiled with.
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
// Products that an AMX tile adds up in one step: channels in accumulate, pairs in outer.
constexpr int64_t kAmxDepth = 32;

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
  int64_t input_step;  // from one row of the input to the next; larger than in where in is one group
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
  const int32_t *next_from;  // pairs of the next call, whose rows are prefetched
  const int32_t *next_to;
  int64_t next_count;
  Sum<T> *sums;                   // [in, padded]
  Sum<T> *scratch;                // [at_once, in padded + padded]: rows of the current pairs, where they must be copied
  int64_t at_once;                // a multiple of kAmxDepth, kMostPairs at most
  int64_t input_step, grad_step;  // from one row to the next
  int64_t in;
  int64_t out;
  int64_t padded;
};

// output[row(first + i)] = sums[i] * scale + bias + residual[row(first + i)] for the rows of a tile, with ReLU where
// rectify is set.
template <class T>
struct Finish {
  const Sum<T> *sums;  // [rows, padded]
  int64_t padded;
  const Sum<T> *scale;  // [out] or null
  const Sum<T> *bias;   // [out] or null
  T *output;            // [all rows, out], rows output_step apart
  int64_t output_step;
  const T *residual;  // as output, or null
  bool rectify;
  const int32_t *output_rows;
  int64_t first;
  int64_t rows;
  int64_t out;
  bool non_temporal = false;  // needs output rows of whole cache lines; not for 16-bit types
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

// Copies one tap's weights, read at the given steps and rounded to T, into the order in which accumulate reads them.
template <class T, class W>
struct Pack {
  const W *weight;
  int64_t in_step;
  int64_t out_step;
  int64_t in;
  int64_t out;
  Sum<T> *packed;  // room for packed_rows(in) * padded
};

// Consecutive rows of a norm, [rows, columns], and the mean that is subtracted from each column, its scale and its
// shift.
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

// output = (x - mean) * scale + shift + residual, with ReLU where rectify is set.
template <class S>
struct NormApply {
  NormRows<S> of;
  const S *residual;  // or null
  bool rectify;
  S *output;  // may be x
};

// Which gradients ReLU lets through: all without ReLU, else those whose result is above zero or not a number. The
// result is read from output or computed again from the input.
enum class NormMask { kAll, kByInput, kByOutput };

// Over the gradients g that ReLU lets through: sums += g and products += g * (x - mean), rounded to S within these
// rows. Where to is not null, the first pass writes to = g and the second to = scale * (g - offset - (x - mean) *
// slope).
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
struct NormLoops {
  void (*add_moments)(const NormMoments<S> &);
  void (*apply)(const NormApply<S> &);
  void (*add_gradients)(const NormGradient<S> &);
  void (*write_gradients)(const NormGradient<S> &);
};

template <class T>
struct LoopsOf {
  // A thread calls accumulate and outer between these two, which set up and release processor state such as AMX tiles.
  void (*begin)();
  void (*end)();
  void (*accumulate)(const Accumulate<T> &);
  void (*outer)(const Outer<T> &);
  // The same for depthwise convolutions, where each output channel reads the input channel with its own index: in is 1,
  // weight [1, out] in the type of sums.
  void (*accumulate_channels)(const Accumulate<T> &);
  void (*outer_channels)(const Outer<T> &);
  void (*pack)(const Pack<T, T> &);
  void (*pack_sums)(const Pack<T, Sum<T>> &);
  void (*finish)(const Finish<T> &);
  void (*sum_columns)(const SumColumns<T> &);
  void (*widen)(const T *from, int64_t count, Sum<T> *to);
};

struct InnerLoops {
  const char *name;
  LoopsOf<float> f32;
  LoopsOf<double> f64;
  LoopsOf<BFloat16> bf16;
  LoopsOf<Float16> f16;
  NormLoops<float> norm_f32;
  NormLoops<double> norm_f64;
};

extern const InnerLoops kBaselineLoops;
#if defined(__x86_64__)
extern const InnerLoops kAvx2Loops;
extern const InnerLoops kAvx512Loops;
extern const InnerLoops kAvx512Bf16Loops;
extern const InnerLoops kAmxLoops;
#endif

inline const LoopsOf<float> &loops_of(const InnerLoops &loops, float) {
  return loops.f32;
}
inline const LoopsOf<double> &loops_of(const InnerLoops &loops, double) {
  return loops.f64;
}
inline const LoopsOf<BFloat16> &loops_of(const InnerLoops &loops, BFloat16) {
  return loops.bf16;
}
inline const LoopsOf<Float16> &loops_of(const InnerLoops &loops, Float16) {
  return loops.f16;
}

inline const NormLoops<float> &norm_loops_of(const InnerLoops &loops, float) {
  return loops.norm_f32;
}
inline const NormLoops<double> &norm_loops_of(const InnerLoops &loops, double) {
  return loops.norm_f64;
}

}  // namespace spc
