#pragma once

#include "cuda/runtime.h"

namespace spc::cuda {

// Replaces each number by the sum of those before it. Writes the sum of all to `total` in device memory, or null.
void exclusive_scan(const Queue &queue, int64_t *values, int64_t count, int64_t *total);

}  // namespace spc::cuda
