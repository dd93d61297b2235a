// Rows whose channels can be copied 16 bytes at a time, as the CUDA kernels for tensor cores do.
#pragma once

#include "cuda/route.h"

namespace spc::cuda {

struct AlignedRows {
  const void *first;
  int64_t step;        // numbers from one row to the next
  int64_t group_step;  // and from the channels of one group to those of the next
  Buffer<char> own;    // or none
};

// The bytes of a copy where the channels of a group are not a multiple of 16 bytes; else 0.
int64_t aligned_bytes(int64_t rows, int64_t groups, int64_t channels, int32_t type);

// The rows themselves, or a copy with zeros behind each group. The copy is in `room`, which has aligned_bytes, or in
// memory of its own where only the address of the first row is not aligned.
AlignedRows align_rows(const Queue &queue, const void *first, int64_t rows, int64_t groups, int64_t channels,
                       int32_t type, void *room);

}  // namespace spc::cuda
