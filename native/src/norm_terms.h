// The small matrices of a norm, for both engines.
#pragma once

#include "sparseconv.h"

namespace spc {

// The mean and the variance of each column, and its weight and bias, which may be null. All are [1, columns], float64
// beside float64 features, else float32.
struct NormTerms {
  const spc_matrix &mean;
  const spc_matrix &variance;
  double epsilon;
  const spc_matrix *weight;
  const spc_matrix *bias;
};

// The gradients that backward writes; null for one that is not wanted.
struct NormGradients {
  const spc_matrix *input;
  const spc_matrix *weight;
  const spc_matrix *bias;
  const spc_matrix *residual;
};

}  // namespace spc
