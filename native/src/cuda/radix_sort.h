#pragma once

#include "cuda/runtime.h"

namespace spc::cuda {

// Sorts by the lowest `bits` of the keys, where equal keys stay in their order; the other bits are 0, and there are at
// most 2^31 - 1 keys. `places` becomes where each of the sorted keys stood, where it is not null.
void radix_sort(const Queue &queue, Buffer<uint32_t> &keys, int bits, Buffer<int32_t> *places);
void radix_sort(const Queue &queue, Buffer<uint64_t> &keys, int bits, Buffer<int32_t> *places);

}  // namespace spc::cuda
