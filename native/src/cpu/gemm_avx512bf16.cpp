#define SPC_VECTOR_BYTES 64
#define SPC_ROWS 14
#include "cpu/gemm-inl.h"

namespace spc {

const Kernels kAvx512Bf16Kernels = {"avx512bf16",
                                    make_kernels<float>(),
                                    make_kernels<double>(),
                                    make_kernels<BFloat16>(),
                                    make_kernels<Float16>(),
                                    make_norm_kernels<float>(),
                                    make_norm_kernels<double>()};

}  // namespace spc
