// The small matrices of a norm, for both engines.
#pragma once

#include "sparseconv.h"

namespace spc {

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

}  // namespace spc
