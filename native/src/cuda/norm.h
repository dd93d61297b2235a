// Batch normalization of the columns of a matrix on a GPU, followed by an optional residual and ReLU, as in cpu/norm.h.
// Rows are cut into segments that depend on their number alone, and the sums of the segments are added up in order.
#pragma once

#include "cuda/runtime.h"
#include "norm_terms.h"
#include "sparseconv.h"

namespace spc::cuda {

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
