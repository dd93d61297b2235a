// Convolution along a rulebook on a GPU, as in cpu/convolution.h, with matrices and workspace on the device. The order
// of every sum depends on the rulebook and the shapes alone, and no atomics are used. So results have the same bits on
// every run on GPUs of one kind, and there is no other mode. Rows of one tile share their taps: for a row that does not
// use a tap the product is with zeros, so a weight that is not finite may spread to such rows.
#pragma once

#include "cuda/rulebook.h"
#include "matrix.h"
#include "sparseconv.h"

namespace spc::cuda {

int64_t convolution_workspace(const Rulebook &rulebook, int32_t direction, int32_t pass, int64_t groups, int64_t in,
                              int64_t out, int32_t element_type);

void convolution_forward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                         const spc_matrix &input, const spc_matrix &weight, const Epilogue &epilogue, void *workspace,
                         int64_t workspace_bytes, const spc_matrix &output);

void convolution_backward_input(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                                const spc_matrix &grad_output, const spc_matrix &weight, void *workspace,
                                int64_t workspace_bytes, const spc_matrix &grad_input);

void convolution_backward_weight(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                                 const spc_matrix &input, const spc_matrix &grad_output, void *workspace,
                                 int64_t workspace_bytes, const spc_matrix &grad_weight, const spc_matrix *grad_bias);

// Whether float32 convolutions may round their factors to TF32; false at first.
bool allows_tf32() noexcept;
void allow_tf32(bool allow) noexcept;

}  // namespace spc::cuda
