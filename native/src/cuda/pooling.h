// What cpu/pooling.h says, on a GPU.
#pragma once

#include "cuda/rulebook.h"
#include "sparseconv.h"

namespace spc::cuda {

void pooling_forward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                     const spc_matrix &input, int32_t *saved, const spc_matrix &output);
void pooling_backward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                      const spc_matrix &grad_output, const int32_t *saved, const spc_matrix &grad_input);

}  // namespace spc::cuda
