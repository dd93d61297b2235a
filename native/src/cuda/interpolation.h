// Interpolation and splatting on a GPU, as in cpu/interpolation.h.
#pragma once

#include "cuda/links.h"
#include "sparseconv.h"

namespace spc::cuda {

void interpolation_forward(const Queue &queue, const Links &links, const spc_matrix &input, const spc_matrix &output);
void interpolation_backward(const Queue &queue, const Links &links, const spc_matrix &grad_output,
                            const spc_matrix &grad_input);
void splat_forward(const Queue &queue, const Links &links, int32_t kind, const spc_matrix &input, int32_t *saved,
                   const spc_matrix &output);
void splat_backward(const Queue &queue, const Links &links, int32_t kind, const spc_matrix &grad_output,
                    const int32_t *saved, const spc_matrix &grad_input);

// Links by point and by row.
struct BothSides {
  LinkSide by_point, by_row;
};
void interpolation_forward(const Queue &queue, const BothSides &links, const spc_matrix &input,
                           const spc_matrix &output);
void interpolation_backward(const Queue &queue, const BothSides &links, const spc_matrix &grad_output,
                            const spc_matrix &grad_input);
void splat_forward(const Queue &queue, const BothSides &links, int32_t kind, const spc_matrix &input, int32_t *saved,
                   const spc_matrix &output);
void splat_backward(const Queue &queue, const BothSides &links, int32_t kind, const spc_matrix &grad_output,
                    const int32_t *saved, const spc_matrix &grad_input);

}  // namespace spc::cuda
