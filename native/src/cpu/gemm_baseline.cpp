#define SPC_VECTOR_BYTES 16
#define SPC_ROWS 6
#include "cpu/gemm-inl.h"

namespace spc {

const InnerLoops kBaselineLoops = {.name = "baseline",
                                   .f32 = make_loops<float>(),
                                   .f64 = make_loops<double>(),
                                   .bf16 = make_loops<BFloat16>(),
                                   .f16 = make_loops<Float16>(),
                                   .norm_f32 = make_norm_loops<float>(),
                                   .norm_f64 = make_norm_loops<double>()};

}  // namespace spc
