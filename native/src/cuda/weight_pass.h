// Gradients of the weights and the bias.
#pragma once

#include "cuda/route.h"

namespace spc::cuda {

struct WeightSize {
  int64_t taps, pairs, rows_read, rows_written;
};
int64_t weight_workspace(const WeightSize &size, const Channels &channels);

struct WeightPass {
  const Route &route;
  Channels channels;
  const void *input;              // [rows read, all_in]
  const void *grad_output;        // [rows written, all_out]
  const spc_matrix &grad_weight;  // as the caller gave them
  const spc_matrix *grad_bias;    // or null
};

// As ForwardTile.
struct WeightTile {
  const char *program;
  const char *shape;
  int32_t rows, columns, threads;
  int32_t shared_bytes;
  bool aligned;
};
std::vector<WeightTile> weight_tiles(const Device &device, int32_t type);
WeightTile choose_weight_tile(const Queue &queue, const WeightPass &pass, void *workspace);

void run_weight(const Queue &queue, const WeightPass &pass, const WeightTile &tile, void *workspace);

}  // namespace spc::cuda
