// Batch normalization of the columns of a matrix, with what may follow it: a residual and ReLU. Rows are cut into
// segments that depend on their number alone, and the segments' sums are added up in order, so that threads change
// nothing. Statistics and gradients of parameters are added up in double, 16-bit numbers are computed with in float32
// and rounded once.
#pragma once

#include <cstdint>

#include "sparseconv.h"

namespace spc {

// What is subtracted from a column and what it is divided by, and the scale and shift that follow, which may be null.
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

void norm_statistics(const spc_matrix &input, const spc_matrix &mean, const spc_matrix &variance);

void norm_forward(const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual, int32_t activation,
                  const spc_matrix &output);

void norm_backward(const spc_matrix &input, const NormTerms &terms, int32_t statistics, int32_t activation,
                   const spc_matrix *output, const spc_matrix &grad_output, const NormGradients &gradients);

}  // namespace spc
