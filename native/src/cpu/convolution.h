// Convolution along a rulebook: output rows are cut into tiles, a tile's sums are gathered tap by tap in a buffer that
// stays in cache, and written once. Gradients of the input are the same along the rulebook reversed; gradients of the
// weights are sums over fixed runs of each tap's pairs, added up in a fixed order. Groups are convolutions of their own
// over columns of the same matrices; where each channel is a group, all run at once.
#pragma once

#include <cstdint>

#include "cpu/rulebook.h"
#include "matrix.h"
#include "sparseconv.h"

namespace spc {

int64_t convolution_workspace(const Rulebook &rulebook, int32_t direction, int32_t pass, int64_t groups, int64_t in,
                              int64_t out, int32_t element_type);

void convolution_forward(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                         const spc_matrix &weight, const Epilogue &epilogue, void *workspace, int64_t workspace_bytes,
                         const spc_matrix &output);

void convolution_backward_input(const Rulebook &rulebook, int32_t direction, int64_t groups,
                                const spc_matrix &grad_output, const spc_matrix &weight, void *workspace,
                                int64_t workspace_bytes, const spc_matrix &grad_input);

void convolution_backward_weight(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                                 const spc_matrix &grad_output, void *workspace, int64_t workspace_bytes,
                                 const spc_matrix &grad_weight, const spc_matrix *grad_bias);

}  // namespace spc
