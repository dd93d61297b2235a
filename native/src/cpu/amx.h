// Whether the loops of gemm_amx.cpp may run.
#pragma once

#include "cpu/inner_loops.h"

namespace spc {

// Whether the processor has the instructions and the system, once it is asked, lets this process use them.
bool amx_granted() noexcept;

// Whether small products equal those of plain loops: code that was written without a machine to try it on is not
// trusted before.
bool multiplies_right(const LoopsOf<BFloat16> &loops) noexcept;

}  // namespace spc
