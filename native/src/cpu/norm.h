// Batch normalization of the columns of a matrix, followed by an optional residual and ReLU. Rows are cut into segments
// that depend on their number alone, and the sums of the segments are added up in order, so that results do not depend
// on the number of threads. Statistics and gradients of parameters are added up in double; 16-bit numbers are computed
// with in float32 and rounded once.
#pragma once

#include <cstdint>

#include "norm_terms.h"
#include "sparseconv.h"

namespace spc {

void norm_statistics(const spc_matrix &input, const spc_matrix &mean, const spc_matrix &variance);

void norm_forward(const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual, int32_t activation,
                  const spc_matrix &output);

void norm_backward(const spc_matrix &input, const NormTerms &terms, int32_t statistics, int32_t activation,
                   const spc_matrix *output, const spc_matrix &grad_output, const NormGradients &gradients);

}  // namespace spc
