#define SPC_VECTOR_BYTES 64
#define SPC_ROWS 14
#include "cpu/gemm-inl.h"

namespace spc {

const InnerLoops kAvx512Bf16Loops = {.name = "avx512bf16",
                                     .f32 = make_loops<float>(),
                                     .f64 = make_loops<double>(),
                                     .bf16 = make_loops<BFloat16>(),
                                     .f16 = make_loops<Float16>(),
                                     .norm_f32 = make_norm_loops<float>(),
                                     .norm_f64 = make_norm_loops<double>()};

}  // namespace spc
