#include "cuda/forward_pass.h"

#include <algorithm>

#include "cuda/aligned_rows.h"
#include "cuda/convolution.h"
#include "cuda/convolution_job.cuh"
#include "cuda/tuning.h"

namespace spc::cuda {
namespace {

static_assert(kRowsOfMask == kMaskRows && kTapsOfTable == kMostTableTaps);

constexpr int kThreads = 256;         // of kernels with a thread to a number
constexpr int64_t kVector = 4;        // numbers that convolution_fma.cu reads at once
constexpr int64_t kWidestTile = 128;  // columns
constexpr int64_t kDeepestStep = 32;  // channels

// Tiles are not much wider than a group.
int64_t widest_for(int64_t out) {
  return out <= 32 ? 32 : out <= 64 ? 64 : kWidestTile;
}

struct Pieces {
  int64_t weight, sums, rows;
  int64_t total() const { return weight + sums + rows; }
};

Pieces pieces_of(const ForwardSize &sizes, const Channels &channels) {
  const auto [taps, rows_read, rows_written, has_table] = sizes;
  const int64_t size = size_of(channels.type);
  Pieces pieces{};
  if (channels.by_channel()) {
    pieces.weight = round_up(taps * channels.groups * size, kPiece);
  } else {
    pieces.weight = round_up(channels.groups * taps * round_up(channels.in, kDeepestStep) *
                                 round_up(channels.out, widest_for(channels.out)) * size,
                             kPiece);
  }
  if (!has_table) {
    pieces.sums = round_up(rows_written * channels.all_out() * sum_size_of(channels.type), kPiece);
  } else if (!channels.by_channel() && channels.type != SPC_FLOAT64) {
    pieces.rows = aligned_bytes(rows_read, channels.groups, channels.in, channels.type);
  }
  return pieces;
}

PackJob pack_job(const ForwardPass &pass, const ForwardTile &tile, void *packed) {
  const Channels &channels = pass.channels;
  const int64_t in = channels.in, out = channels.out, columns = pass.weight.columns;
  PackJob job{};
  job.weight = pass.weight.data;
  job.packed = packed;
  job.tap_step = (pass.transposed ? out : in) * columns;
  job.group_step = pass.transposed ? in : out;
  job.in_step = pass.transposed ? 1 : columns;
  job.out_step = pass.transposed ? columns : 1;
  job.groups = static_cast<int32_t>(channels.groups);
  job.taps = static_cast<int32_t>(pass.route.taps);
  job.in = static_cast<int32_t>(in);
  job.out = static_cast<int32_t>(out);
  job.padded_in = static_cast<int32_t>(round_up(in, tile.depth));
  job.padded_out = static_cast<int32_t>(round_up(out, tile.columns));
  job.depth = tile.packed_depth;
  job.wide = is_wide(pass.weight, channels.type);
  job.to_tf32 = tile.aligned && channels.type == SPC_FLOAT32 ? 1 : 0;
  return job;
}

void pack(const Queue &queue, const PackJob &job, int32_t type) {
  const int64_t count = int64_t{job.groups} * job.taps * job.padded_in * job.padded_out;
  launch(queue, queue.device().kernel("convolution_pack", element_macro(type), "pack_weight"), cover(count, kThreads),
         kThreads, 0, job, count);
}

GatherJob gather_job(const ForwardPass &pass, int64_t vector) {
  const Route &route = pass.route;
  const Channels &channels = pass.channels;
  const int64_t size = size_of(channels.type);
  const auto &[scale, bias, residual, activation] = pass.epilogue;
  GatherJob job{};
  job.rows = route.written.rows;
  job.table = route.written.table;
  job.order = route.written.order;
  job.masks = route.written.masks;
  job.mask_words = static_cast<int32_t>(route.written.mask_words);
  job.mirrored = route.written.mirrored ? 1 : 0;
  job.taps = static_cast<int32_t>(route.taps);
  job.groups = static_cast<int32_t>(channels.groups);
  job.in = static_cast<int32_t>(channels.in);
  job.out = static_cast<int32_t>(channels.out);
  job.rectify = activation == SPC_RELU ? 1 : 0;
  job.input_step = channels.all_in();
  job.group_step = channels.in;
  job.output_step = channels.all_out();
  job.input = pass.input;
  job.output = pass.output;
  if (scale != nullptr) {
    job.scale = scale->data;
    job.wide_scale = is_wide(*scale, channels.type);
  }
  if (bias != nullptr) {
    job.bias = bias->data;
    job.wide_bias = is_wide(*bias, channels.type);
  }
  if (residual != nullptr) job.residual = residual->data;
  const auto fits = [&](const void *first) { return vectors_fit(first, job.output_step, channels.out, vector, size); };
  job.in_vectors = vectors_fit(job.input, job.input_step, channels.in, kVector, size) ? 1 : 0;
  job.out_vectors = fits(job.output) && fits(job.residual) ? 1 : 0;
  return job;
}

// Goes over the pairs tap by tap where there is no table; accumulate(pairs) adds the pairs of one tap.
template <class Accumulate>
void run_pairs(const Queue &queue, const ForwardPass &pass, const GatherJob &job, void *sums,
               const Accumulate &accumulate) {
  const Route &route = pass.route;
  const int64_t numbers = route.written.rows * pass.channels.all_out();
  queue.fill(sums, 0, numbers * sum_size_of(pass.channels.type));
  for (int64_t tap = 0; tap < route.taps; ++tap) {
    const int64_t first = route.starts[static_cast<std::size_t>(tap)];
    const int64_t count = route.starts[static_cast<std::size_t>(tap) + 1] - first;
    if (count == 0) continue;
    accumulate(PairsJob{route.from + first, route.to + first, count, static_cast<int32_t>(tap), sums});
  }
  launch(queue, queue.device().kernel("convolution_pack", element_macro(pass.channels.type), "finish_sums"),
         cover(numbers, kThreads), kThreads, 0, job, static_cast<const void *>(sums));
}

void run_channels(const Queue &queue, const ForwardPass &pass, void *weight, void *sums) {
  Device &device = queue.device();
  const int32_t type = pass.channels.type;
  const int64_t channels = pass.channels.groups;
  GatherJob job = gather_job(pass, 1);
  // For rows, this is one group with all channels.
  job.groups = 1;
  job.in = job.out = static_cast<int32_t>(channels);
  job.weight = pass.weight.data;
  if (is_wide(pass.weight, type) != 0) {
    const PackJob packing{.weight = pass.weight.data,
                          .packed = weight,
                          .tap_step = channels,
                          .group_step = 0,
                          .in_step = 0,
                          .out_step = 1,
                          .groups = 1,
                          .taps = static_cast<int32_t>(pass.route.taps),
                          .in = 1,
                          .out = job.out,
                          .padded_in = 1,
                          .padded_out = job.out,
                          .depth = 1,
                          .wide = 1,
                          .to_tf32 = 0};
    pack(queue, packing, type);
    job.weight = weight;
  }
  const std::string element = element_macro(type);
  if (pass.route.has_table()) {
    launch(queue, device.kernel("convolution_channels", element, "convolve_channels"),
           cover(job.rows * channels, kThreads), kThreads, 0, job);
    return;
  }
  run_pairs(queue, pass, job, sums, [&](const PairsJob &pairs) {
    launch(queue, device.kernel("convolution_channels", element, "convolve_channels_pairs"),
           cover(pairs.count * channels, kThreads), kThreads, 0, job, pairs);
  });
}

constexpr ForwardTile fma_tile(const char *shape, int32_t rows, int32_t columns, int32_t threads) {
  return {.program = "convolution_fma",
          .shape = shape,
          .rows = rows,
          .columns = columns,
          .threads = threads,
          .depth = 16,
          .packed_depth = 1,
          .vector = 4,
          .shared_bytes = 0,
          .aligned = false};
}
constexpr ForwardTile kFmaTiles[] = {fma_tile("ROWS=128 COLUMNS=64 EACH=8", 128, 64, 128),
                                     fma_tile("ROWS=64 COLUMNS=32 EACH=4", 64, 32, 128)};

// The shared memory of convolution_mma.cu holds four stages, and afterwards the sums in their place.
ForwardTile mma_tile(const char *shape, int32_t rows, int32_t columns, int32_t threads, int32_t type) {
  const int32_t depth = type == SPC_FLOAT32 ? 16 : 32;
  return {.program = "convolution_mma",
          .shape = shape,
          .rows = rows,
          .columns = columns,
          .threads = threads,
          .depth = depth,
          .packed_depth = depth,
          .vector = depth / 4,
          .shared_bytes = std::max(4 * (rows + columns) * 64, rows * (columns + 8) * 4),
          .aligned = true};
}

std::vector<ForwardTile> mma_tiles(const Channels &channels) {
  std::vector<ForwardTile> tiles{mma_tile("ROWS=128 COLUMNS=128 WARP_ROWS=64", 128, 128, 256, channels.type),
                                 mma_tile("ROWS=128 COLUMNS=64 WARP_ROWS=64", 128, 64, 128, channels.type),
                                 mma_tile("ROWS=64 COLUMNS=64 WARP_ROWS=32", 64, 64, 128, channels.type),
                                 mma_tile("ROWS=64 COLUMNS=32 WARP_ROWS=16", 64, 32, 128, channels.type)};
  std::erase_if(tiles, [&](const ForwardTile &tile) { return tile.columns > widest_for(channels.out); });
  return tiles;
}

// The largest tile that still gives each multiprocessor two blocks.
std::size_t rule_of(const Device &device, const std::vector<ForwardTile> &tiles, int64_t rows,
                    const Channels &channels) {
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const int64_t blocks = divide_up(rows, tiles[i].rows) * divide_up(channels.out, tiles[i].columns) * channels.groups;
    if (blocks >= 2 * device.multiprocessors()) return i;
  }
  return tiles.size() - 1;
}

}  // namespace

std::vector<ForwardTile> forward_tiles(const Device &device, const Route &route, const Channels &channels) {
  if (route.has_table() && has_tensor_cores(device, channels.type)) return mma_tiles(channels);
  if (!route.has_table()) return {kFmaTiles[1]};
  if (channels.type != SPC_FLOAT32 || channels.out <= kFmaTiles[1].columns) return {kFmaTiles[1]};
  return {std::begin(kFmaTiles), std::end(kFmaTiles)};
}

ForwardTile choose_forward_tile(const Queue &queue, const ForwardPass &pass, void *workspace) {
  const Channels &channels = pass.channels;
  const Route &route = pass.route;
  const std::vector<ForwardTile> tiles = forward_tiles(queue.device(), route, channels);
  const std::size_t by_rule = rule_of(queue.device(), tiles, route.written.rows, channels);
  const spc_matrix *const residual = pass.epilogue.residual;
  // A residual that is overwritten could be added only once.
  const bool once = residual != nullptr && residual->data == pass.output;
  if (tiles.size() == 1 || once || !worth_tuning(route, channels)) return tiles[by_rule];
  std::vector<std::string> names;
  for (const ForwardTile &tile : tiles) names.push_back(std::string(tile.program) + " " + tile.shape);
  const std::string shape = "forward " + shape_of(route, channels);
  return tiles[quickest(queue, shape, names, by_rule,
                        [&](std::size_t i) { run_forward(queue, pass, tiles[i], workspace); })];
}

int64_t forward_workspace(const ForwardSize &size, const Channels &channels) {
  return pieces_of(size, channels).total();
}

void run_forward(const Queue &queue, const ForwardPass &pass, const ForwardTile &tile, void *workspace) {
  if (pass.route.written.rows == 0) return;
  Device &device = queue.device();
  const Route &route = pass.route;
  const Pieces pieces = pieces_of({route.taps, route.rows_read, route.written.rows, route.has_table()}, pass.channels);
  void *const sums = static_cast<char *>(workspace) + pieces.weight;
  if (pass.channels.by_channel()) return run_channels(queue, pass, workspace, sums);
  const PackJob packing = pack_job(pass, tile, workspace);
  pack(queue, packing, pass.channels.type);
  GatherJob job = gather_job(pass, tile.vector);
  AlignedRows rows{};
  if (tile.aligned) {
    rows = align_rows(queue, pass.input, route.rows_read, pass.channels.groups, pass.channels.in, pass.channels.type,
                      static_cast<char *>(workspace) + pieces.weight + pieces.sums);
    job.input = rows.first;
    job.input_step = rows.step;
    job.group_step = rows.group_step;
  }
  job.weight = workspace;
  job.padded_in = packing.padded_in;
  job.padded_out = packing.padded_out;
  job.column_tiles = packing.padded_out / tile.columns;
  const std::string macros = element_macro(pass.channels.type) + " " + tile.shape;
  const int64_t columns = int64_t{job.column_tiles} * job.groups;
  if (pass.route.has_table()) {
    launch(queue, device.kernel(tile.program, macros, "convolve_rows"), {divide_up(job.rows, tile.rows) * columns},
           tile.threads, tile.shared_bytes, job);
    return;
  }
  run_pairs(queue, pass, job, sums, [&](const PairsJob &pairs) {
    launch(queue, device.kernel(tile.program, macros, "convolve_pairs"), {divide_up(pairs.count, tile.rows) * columns},
           tile.threads, 0, job, pairs);
  });
}

}  // namespace spc::cuda
