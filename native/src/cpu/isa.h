#pragma once

#include "cpu/inner_loops.h"

namespace spc {

// The inner loops of the instruction set in use. Throws where SPARSECONV_ISA names an unknown or unsupported one.
const InnerLoops &active_loops();
void set_active_loops(const char *name);

// Those that this machine can run, best first; null past the end.
int supported_loops_count() noexcept;
const InnerLoops *supported_loops(int index) noexcept;

}  // namespace spc
