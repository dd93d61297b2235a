// The forward pass, which is also the gradient of the input when it runs along the reversed route.
#pragma once

#include <vector>

#include "cuda/route.h"

namespace spc::cuda {

// A CUDA kernel with one shape of its tile. All shapes that forward_tiles gives for a layer compute the same bits,
// since they add in the same order.
struct ForwardTile {
  const char *program;
  const char *shape;  // macros beside ELEMENT
  int32_t rows, columns, threads;
  int32_t depth;         // channels of a step
  int32_t packed_depth;  // channels that are side by side in the packed weights
  int32_t vector;        // numbers of the output that are written at once
  int32_t shared_bytes;
  bool aligned;  // reads AlignedRows
};

// The shapes for a layer on a GPU, any of which may be given to run_forward.
std::vector<ForwardTile> forward_tiles(const Device &device, const Route &route, const Channels &channels);

// The bytes of workspace that suffice for every shape.
struct ForwardSize {
  int64_t taps, rows_read, rows_written;
  bool has_table;
};
int64_t forward_workspace(const ForwardSize &size, const Channels &channels);

struct ForwardPass {
  const Route &route;
  Channels channels;
  const void *input;         // [rows read, all_in]
  const spc_matrix &weight;  // as the caller gave it
  bool transposed;           // weight is [taps * out, groups * in] here, for the gradient of the input
  Epilogue epilogue;
  void *output;  // [rows written, all_out]
};

// Chooses a shape by measurement where there is enough work, else by a rule. Overwrites the output.
ForwardTile choose_forward_tile(const Queue &queue, const ForwardPass &pass, void *workspace);
void run_forward(const Queue &queue, const ForwardPass &pass, const ForwardTile &tile, void *workspace);

}  // namespace spc::cuda
