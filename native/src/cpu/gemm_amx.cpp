#define SPC_VECTOR_BYTES 64
#define SPC_ROWS 14
#include "cpu/tiles-inl.h"

namespace spc {

const Kernels kAmxKernels = {"amx",
                             make_kernels<float>(),
                             make_kernels<double>(),
                             make_tile_kernels(),
                             make_kernels<Float16>(),
                             make_norm_kernels<float>(),
                             make_norm_kernels<double>()};

}  // namespace spc
