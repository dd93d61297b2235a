#define SPC_VECTOR_BYTES 16
#define SPC_ROWS 6
#include "cpu/gemm-inl.h"

namespace spc {

const Kernels kBaselineKernels = {"baseline",
                                  make_kernels<float>(),
                                  make_kernels<double>(),
                                  make_kernels<BFloat16>(),
                                  make_kernels<Float16>(),
                                  make_norm_kernels<float>(),
                                  make_norm_kernels<double>()};

}  // namespace spc
