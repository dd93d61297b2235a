// Convolution along a rulebook. Output rows are cut into tiles. The sums of a tile are added up tap by tap in a buffer
// that stays in cache, and are written once. The gradient of the input is the same computation along the reversed
// rulebook. The gradient of the weight is a sum over fixed runs of each tap's pairs, added up in a fixed order. Each
// group is a convolution of its own over columns of the same matrices; a depthwise convolution runs all groups at once.
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
