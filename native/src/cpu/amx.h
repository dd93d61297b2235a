// Whether the kernels of gemm_amx.cpp may run.
#pragma once

#include "cpu/kernels.h"

namespace spc {

// Whether the processor has the instructions and the system lets this process use them, for which it has to be asked.
bool amx_granted() noexcept;

// Whether small products come out as plain loops have them: what was written without a machine to try it on is not
// trusted before.
bool multiplies_right(const KernelsOf<BFloat16> &kernels) noexcept;

}  // namespace spc
