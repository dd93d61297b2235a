#define SPC_VECTOR_BYTES 64
#define SPC_ROWS 14
#include "cpu/amx-inl.h"

namespace spc {

const InnerLoops kAmxLoops = {.name = "amx",
                              .f32 = make_loops<float>(),
                              .f64 = make_loops<double>(),
                              .bf16 = make_amx_loops(),
                              .f16 = make_loops<Float16>(),
                              .norm_f32 = make_norm_loops<float>(),
                              .norm_f64 = make_norm_loops<double>()};

}  // namespace spc
