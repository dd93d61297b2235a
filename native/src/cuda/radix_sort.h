#pragma once

#include "cuda/runtime.h"

namespace spc::cuda {

// A stable sort by the lowest `bits` of the keys. The other bits are 0, and there are at most 2^31 - 1 keys. `places`
// receives the old place of each sorted key where it is not null.
void radix_sort(const Queue &queue, Buffer<uint32_t> &keys, int bits, Buffer<int32_t> *places);
void radix_sort(const Queue &queue, Buffer<uint64_t> &keys, int bits, Buffer<int32_t> *places);

}  // namespace spc::cuda
