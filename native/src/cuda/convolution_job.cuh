// The arguments of the CUDA kernels of a convolution, in one layout for the host and the device.
#pragma once

#if !defined(__CUDACC_RTC__)
#include <cstdint>
#endif

namespace spc::cuda {

// As in rulebook.h.
constexpr int kRowsOfMask = 32;
constexpr int kTapsOfTable = 128;

// A job that reads rows, multiplies them by the weights of each tap, adds the products up, and finishes and writes the
// sums. Channels are those of one group; pack_weight lays the weights out.
struct GatherJob {
  int64_t rows;          // written
  const int32_t *table;  // as in Side; null where pairs are walked
  const int32_t *order;
  const uint32_t *masks;
  int32_t mask_words;
  int32_t mirrored;
  int32_t taps;
  int32_t groups;
  int32_t in, out;                // channels of a group
  int32_t padded_in, padded_out;  // of the packed weights
  int32_t column_tiles;           // of a group
  int32_t in_vectors;             // nonzero where rows may be read in vectors
  int32_t out_vectors;            // and residual and output be read and written so
  int32_t rectify;
  int32_t wide_scale;  // nonzero where the scale is of the type of the sums and not of the features
  int32_t wide_bias;
  int64_t input_step;   // numbers from one row to the next
  int64_t group_step;   // and from the channels of one group to those of the next
  int64_t output_step;  // of output and residual
  const void *input;
  const void *weight;
  const void *scale;     // or null
  const void *bias;      // or null
  const void *residual;  // or null
  void *output;
};

// One tap of a rulebook without a table: each of `count` pairs adds to the sums of a row.
struct PairsJob {
  const int32_t *from;
  const int32_t *to;
  int64_t count;
  int32_t tap;
  void *sums;  // [rows, groups * out]
};

// Gradients of weights. The pairs of all taps, one tap after the other, are cut into slices of equal length. The sum
// over the pairs of one tap within a slice goes to partial[slice + tap], which belongs to this slice and tap alone.
struct OuterJob {
  const int32_t *from;
  const int32_t *to;
  const int64_t *starts;  // [taps + 1], of the pairs of each tap
  int64_t pairs;
  int64_t slice;   // pairs in one
  int64_t matrix;  // numbers in the weights of one tap
  int64_t input_step, grad_step;
  int64_t input_group, grad_group;  // numbers from one group's channels to the next's
  int32_t taps;
  int32_t groups;
  int32_t in, out;  // channels of a group
  int32_t in_tiles, out_tiles;
  int32_t in_vectors, out_vectors;
  const void *input;
  const void *grad;
  void *partial;  // [slices + taps, matrix]
};

// Weights laid out for a CUDA kernel: [groups, taps, padded_in / depth, padded_out, depth], with zeros as padding.
struct PackJob {
  const void *weight;
  void *packed;
  int64_t tap_step, group_step, in_step, out_step;  // of weight
  int32_t groups, taps;
  int32_t in, out, padded_in, padded_out, depth;
  int32_t wide;     // nonzero where weight is of the type of the sums
  int32_t to_tf32;  // nonzero where float32 is to be rounded
};

}  // namespace spc::cuda
