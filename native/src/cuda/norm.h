// Batch normalization of the columns of a matrix on a GPU, with what may follow it: a residual and ReLU. Segments of
// rows depend on their number alone and are added up in order. Statistics and gradients of parameters are added up in
// double, 16-bit numbers are computed with in float32 and rounded once.
#pragma once

#include "cuda/runtime.h"
#include "sparseconv.h"

namespace spc::cuda {

// What is subtracted from a column and what it is divided by, and the scale and shift that follow, which may be null.
// [1, columns], float64 beside features of that type, else float32.
struct NormTerms {
  const spc_matrix &mean;
  const spc_matrix &variance;
  double epsilon;
  const spc_matrix *weight;
  const spc_matrix *bias;
};

// What backward writes; null where it is not wanted.
struct NormGradients {
  const spc_matrix *input;
  const spc_matrix *weight;
  const spc_matrix *bias;
  const spc_matrix *residual;
};

void norm_statistics(const Queue &queue, const spc_matrix &input, const spc_matrix &mean, const spc_matrix &variance);

// output may be input itself.
void norm_forward(const Queue &queue, const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual,
                  int32_t activation, const spc_matrix &output);

// statistics: 1 where mean and variance are those of the input and have gradients of their own, 0 where they are
// constants. output: needed where there was a residual and ReLU.
void norm_backward(const Queue &queue, const spc_matrix &input, const NormTerms &terms, int32_t statistics,
                   int32_t activation, const spc_matrix *output, const spc_matrix &grad_output,
                   const NormGradients &gradients);

}  // namespace spc::cuda
