// Pooling on a GPU, as in cpu/pooling.h.
#pragma once

#include "cuda/rulebook.h"
#include "sparseconv.h"

namespace spc::cuda {

void pooling_forward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                     const spc_matrix &input, int32_t *saved, const spc_matrix &output);
void pooling_backward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                      const spc_matrix &grad_output, const int32_t *saved, const spc_matrix &grad_input);

// All pairs in one direction.
struct DirectedPairs {
  int64_t taps;
  int64_t count;
  const int64_t *starts;  // [taps + 1], on the device
  const int32_t *read;    // [count], rows, by tap
  const int32_t *written;
  int64_t rows_read;
  Side side;  // that is written
};

// The largest table, 64 MiB, that is made for one call where the rulebook has none.
constexpr int64_t kTableEntries = int64_t{1} << 24;

// The same along given pairs. pooling_backward runs them in reverse.
void pooling_forward(const Queue &queue, const DirectedPairs &pairs, int32_t kind, const spc_matrix &input,
                     int32_t *saved, const spc_matrix &output, int64_t table_entries = kTableEntries);
void pooling_backward(const Queue &queue, const DirectedPairs &reversed, int32_t kind, const spc_matrix &grad_output,
                      const int32_t *saved, const spc_matrix &grad_input, int64_t table_entries = kTableEntries);

}  // namespace spc::cuda
