#include "cuda/weight_pass.h"

#include <algorithm>

#include "cuda/aligned_rows.h"
#include "cuda/convolution.h"
#include "cuda/convolution_job.cuh"
#include "cuda/tuning.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;                         // of kernels with a thread to a number
constexpr int64_t kVector = 4;                        // numbers that convolution_outer_fma.cu reads at once
constexpr int64_t kTileChannels = 64;                 // by which work is measured, whatever the tile
constexpr int64_t kBlocks = 2048;                     // wanted, some for each multiprocessor of a large GPU
constexpr int64_t kLeastPairs = 256;                  // of a slice, where there are as many
constexpr int64_t kPartialBytes = int64_t{64} << 20;  // of the partial sums, where there is a choice
constexpr int64_t kColumnSlices = 512;
constexpr int64_t kLeastRows = 64;  // of a slice of columns

// How sums are cut into slices. It depends on the shapes and the rulebook alone, since it decides the order of sums.
struct Slices {
  int64_t length, count;          // in pairs
  int64_t row_length, row_count;  // of the rows, for the bias
};

int64_t matrix_of(const Channels &channels) {
  return channels.in * channels.all_out();
}

Slices slices_of(int64_t pairs, int64_t rows, const Channels &channels) {
  const int64_t tiles = channels.by_channel() ? divide_up(channels.groups, 32)
                                              : channels.groups * divide_up(channels.in, kTileChannels) *
                                                    divide_up(channels.out, kTileChannels);
  const int64_t fitting = kPartialBytes / (matrix_of(channels) * sum_size_of(channels.type));
  const int64_t wanted = std::min({divide_up(kBlocks, tiles), fitting, divide_up(pairs, kLeastPairs)});
  Slices slices{};
  slices.length = round_up(std::max<int64_t>(divide_up(pairs, std::max<int64_t>(wanted, 1)), 1), 32);
  slices.count = divide_up(pairs, slices.length);
  slices.row_length = std::max(divide_up(rows, kColumnSlices), kLeastRows);
  slices.row_count = divide_up(rows, slices.row_length);
  return slices;
}

struct Pieces {
  int64_t partial, bias, input, grad;
  int64_t total() const { return partial + bias + input + grad; }
};

Pieces pieces_of(const WeightSize &size, const Slices &slices, const Channels &channels) {
  Pieces pieces{};
  pieces.partial = round_up((slices.count + size.taps) * matrix_of(channels) * sum_size_of(channels.type), kPiece);
  pieces.bias = round_up(slices.row_count * channels.all_out() * static_cast<int64_t>(sizeof(double)), kPiece);
  if (channels.by_channel() || channels.type == SPC_FLOAT64) return pieces;
  pieces.input = aligned_bytes(size.rows_read, channels.groups, channels.in, channels.type);
  pieces.grad = aligned_bytes(size.rows_written, channels.groups, channels.out, channels.type);
  return pieces;
}

OuterJob outer_job(const WeightPass &pass, const WeightTile &tile, const Slices &slices, void *partial) {
  const Route &route = pass.route;
  const Channels &channels = pass.channels;
  const int64_t size = size_of(channels.type);
  OuterJob job{};
  job.from = route.from;
  job.to = route.to;
  job.starts = route.device_starts;
  job.pairs = route.pairs();
  job.slice = slices.length;
  job.matrix = matrix_of(channels);
  job.input_step = channels.all_in();
  job.grad_step = channels.all_out();
  job.input_group = channels.in;
  job.grad_group = channels.out;
  job.taps = static_cast<int32_t>(route.taps);
  job.groups = static_cast<int32_t>(channels.groups);
  job.in = static_cast<int32_t>(channels.in);
  job.out = static_cast<int32_t>(channels.out);
  job.in_tiles = static_cast<int32_t>(divide_up(channels.in, tile.rows));
  job.out_tiles = static_cast<int32_t>(divide_up(channels.out, tile.columns));
  job.in_vectors = vectors_fit(pass.input, job.input_step, channels.in, kVector, size) ? 1 : 0;
  job.out_vectors = vectors_fit(pass.grad_output, job.grad_step, channels.out, kVector, size) ? 1 : 0;
  job.input = pass.input;
  job.grad = pass.grad_output;
  job.partial = partial;
  if (channels.by_channel()) {
    job.groups = 1;
    job.in = job.out = static_cast<int32_t>(channels.groups);
    job.in_tiles = static_cast<int32_t>(divide_up(channels.groups, 32));
  }
  return job;
}

void run_bias(const Queue &queue, const WeightPass &pass, const Slices &slices, double *partial) {
  Device &device = queue.device();
  const std::string element = element_macro(pass.channels.type);
  const int64_t columns = pass.channels.all_out();
  launch(queue, device.kernel("convolution_pack", element, "sum_columns"), {slices.row_count * divide_up(columns, 32)},
         kThreads, 0, pass.grad_output, pass.route.written.rows, columns, slices.row_length, partial);
  launch(queue, device.kernel("convolution_pack", element, "add_columns"), cover(columns, kThreads), kThreads, 0,
         static_cast<const double *>(partial), slices.row_count, columns, pass.grad_bias->data,
         is_wide(*pass.grad_bias, pass.channels.type));
}

constexpr WeightTile kFmaTiles[] = {{"convolution_outer_fma", "ROWS=64 COLUMNS=64 EACH=8", 64, 64, 64, 0, false},
                                    {"convolution_outer_fma", "ROWS=32 COLUMNS=32 EACH=4", 32, 32, 64, 0, false}};

// The shared memory of convolution_outer_mma.cu holds three stages of both factors.
WeightTile mma_tile(const char *shape, int32_t side, int32_t threads, int32_t type) {
  const int32_t stage = type == SPC_FLOAT32 ? 16 * 2 * (side + 8) * 4 : 32 * 2 * side * 2;
  return {"convolution_outer_mma", shape, side, side, threads, 3 * stage, true};
}

// The largest tile of which more than half is used on both sides.
std::size_t rule_of(const std::vector<WeightTile> &tiles, const Channels &channels) {
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    if (channels.in > tiles[i].rows / 2 && channels.out > tiles[i].columns / 2) return i;
  }
  return tiles.size() - 1;
}

}  // namespace

std::vector<WeightTile> weight_tiles(const Device &device, int32_t type) {
  if (has_tensor_cores(device, type)) {
    return {mma_tile("ROWS=128 COLUMNS=128 WARP_ROWS=64", 128, 256, type),
            mma_tile("ROWS=64 COLUMNS=64 WARP_ROWS=32", 64, 128, type),
            mma_tile("ROWS=32 COLUMNS=32 WARP_ROWS=16", 32, 64, type)};
  }
  if (type != SPC_FLOAT32) return {kFmaTiles[1]};
  return {std::begin(kFmaTiles), std::end(kFmaTiles)};
}

WeightTile choose_weight_tile(const Queue &queue, const WeightPass &pass, void *workspace) {
  const Channels &channels = pass.channels;
  const std::vector<WeightTile> tiles = weight_tiles(queue.device(), channels.type);
  const std::size_t by_rule = rule_of(tiles, channels);
  if (tiles.size() == 1 || channels.by_channel() || !worth_tuning(pass.route, channels)) return tiles[by_rule];
  std::vector<std::string> names;
  for (const WeightTile &tile : tiles) names.push_back(std::string(tile.program) + " " + tile.shape);
  const std::string shape = "weight " + shape_of(pass.route, channels);
  return tiles[quickest(queue, shape, names, by_rule,
                        [&](std::size_t i) { run_weight(queue, pass, tiles[i], workspace); })];
}

int64_t weight_workspace(const WeightSize &size, const Channels &channels) {
  return pieces_of(size, slices_of(size.pairs, size.rows_written, channels), channels).total();
}

void run_weight(const Queue &queue, const WeightPass &pass, const WeightTile &tile, void *workspace) {
  Device &device = queue.device();
  const Channels &channels = pass.channels;
  const Route &route = pass.route;
  const int32_t type = channels.type;
  const Slices slices = slices_of(route.pairs(), route.written.rows, channels);
  const Pieces pieces = pieces_of({route.taps, route.pairs(), route.rows_read, route.written.rows}, slices, channels);
  char *const bias = static_cast<char *>(workspace) + pieces.partial, *const input = bias + pieces.bias;
  OuterJob job = outer_job(pass, tile, slices, workspace);
  const std::string element = element_macro(type);
  if (channels.by_channel()) {
    launch(queue, device.kernel("convolution_channels", element, "multiply_channels"), {slices.count * job.in_tiles},
           kThreads, 0, job);
  } else {
    AlignedRows from{}, to{};
    if (tile.aligned) {
      from = align_rows(queue, pass.input, route.rows_read, channels.groups, channels.in, type, input);
      to = align_rows(queue, pass.grad_output, route.written.rows, channels.groups, channels.out, type,
                      input + pieces.input);
      job.input = from.first;
      job.input_step = from.step;
      job.input_group = from.group_step;
      job.grad = to.first;
      job.grad_step = to.step;
      job.grad_group = to.group_step;
    }
    launch(queue, device.kernel(tile.program, element + " " + tile.shape, "multiply_rows"),
           {slices.count * job.groups * job.in_tiles * job.out_tiles}, tile.threads, tile.shared_bytes, job);
  }
  launch(queue, device.kernel("convolution_pack", element, "add_slices"), cover(job.taps * job.matrix, kThreads),
         kThreads, 0, job, pass.grad_weight.data, is_wide(pass.grad_weight, type));
  if (pass.grad_bias != nullptr) run_bias(queue, pass, slices, reinterpret_cast<double *>(bias));
}

}  // namespace spc::cuda
