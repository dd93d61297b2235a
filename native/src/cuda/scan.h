#pragma once

#include "cuda/runtime.h"

namespace spc::cuda {

// Each number becomes the sum of those before it. The sum of all goes to `total`, in device memory, or nowhere.
void exclusive_scan(const Queue &queue, int64_t *values, int64_t count, int64_t *total);

}  // namespace spc::cuda
