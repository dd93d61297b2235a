#pragma once

#include "cpu/kernels.h"

namespace spc {

// The kernels in use. Throws where SPARSECONV_ISA names what is unknown or cannot run here.
const Kernels &active_kernels();
void set_active_kernels(const char *name);

// Those that this machine can run, best first; null past the end.
int supported_kernels_count() noexcept;
const Kernels *supported_kernels(int index) noexcept;

}  // namespace spc
