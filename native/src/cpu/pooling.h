// Pooling along a rulebook: each written row is the maximum, sum or mean of the rows that it is paired with. Written
// rows are cut into tiles, and taps run in order within a tile, so that results do not depend on the number of threads.
// Sums of 16-bit numbers are computed in float32 and rounded once.
#pragma once

#include <cstdint>

#include "cpu/rulebook.h"
#include "sparseconv.h"

namespace spc {

void pooling_forward(const Rulebook &rulebook, int32_t direction, int32_t kind, const spc_matrix &input, int32_t *saved,
                     const spc_matrix &output);

void pooling_backward(const Rulebook &rulebook, int32_t direction, int32_t kind, const spc_matrix &grad_output,
                      const int32_t *saved, const spc_matrix &grad_input);

}  // namespace spc
