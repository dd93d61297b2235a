// Along the links of points and rows: interpolation takes rows to points, splatting takes points to rows. The gradient
// of one runs the links the other way.
#pragma once

#include <cstdint>

#include "cpu/links.h"
#include "sparseconv.h"

namespace spc {

void interpolation_forward(const Links &links, const spc_matrix &input, const spc_matrix &output);
void interpolation_backward(const Links &links, const spc_matrix &grad_output, const spc_matrix &grad_input);

void splat_forward(const Links &links, int32_t kind, const spc_matrix &input, int32_t *saved, const spc_matrix &output);
void splat_backward(const Links &links, int32_t kind, const spc_matrix &grad_output, const int32_t *saved,
                    const spc_matrix &grad_input);

}  // namespace spc
