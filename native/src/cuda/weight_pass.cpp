#include "cuda/weight_pass.h"

#include <algorithm>

#include "cuda/convolution.h"
#include "cuda/convolution_job.cuh"

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

// How sums are cut: by the shapes and the rulebook alone, since it decides in which order numbers are added.
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
  int64_t partial, bias;
  int64_t total() const { return partial + bias; }
};

Pieces pieces_of(int64_t taps, const Slices &slices, const Channels &channels) {
  return {round_up((slices.count + taps) * matrix_of(channels) * sum_size_of(channels.type), kPiece),
          round_up(slices.row_count * channels.all_out() * static_cast<int64_t>(sizeof(double)), kPiece)};
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

constexpr WeightTile kFmaTiles[] = {{"convolution_outer_fma", "ROWS=64 COLUMNS=64 EACH=8", 64, 64, 64},
                                    {"convolution_outer_fma", "ROWS=32 COLUMNS=32 EACH=4", 32, 32, 64}};

}  // namespace

std::vector<WeightTile> weight_tiles(const Device &, int32_t type) {
  if (type == SPC_FLOAT64) return {kFmaTiles[1]};
  return {std::begin(kFmaTiles), std::end(kFmaTiles)};
}

WeightTile choose_weight_tile(const Queue &queue, const Route &, const Channels &channels) {
  const std::vector<WeightTile> tiles = weight_tiles(queue.device(), channels.type);
  for (const WeightTile &tile : tiles) {
    if (channels.in > tile.rows / 2 && channels.out > tile.columns / 2) return tile;
  }
  return tiles.back();
}

int64_t weight_workspace(int64_t taps, int64_t pairs, int64_t, int64_t rows_written, const Channels &channels) {
  return pieces_of(taps, slices_of(pairs, rows_written, channels), channels).total();
}

void run_weight(const Queue &queue, const WeightPass &pass, const WeightTile &tile, void *workspace) {
  Device &device = queue.device();
  const Channels &channels = pass.channels;
  const Slices slices = slices_of(pass.route.pairs(), pass.route.written.rows, channels);
  const Pieces pieces = pieces_of(pass.route.taps, slices, channels);
  const OuterJob job = outer_job(pass, tile, slices, workspace);
  const std::string element = element_macro(channels.type);
  if (channels.by_channel()) {
    launch(queue, device.kernel("convolution_channels", element, "multiply_channels"), {slices.count * job.in_tiles},
           kThreads, 0, job);
  } else {
    launch(queue, device.kernel(tile.program, element + " " + tile.shape, "multiply_rows"),
           {slices.count * job.groups * job.in_tiles * job.out_tiles}, tile.threads, 0, job);
  }
  launch(queue, device.kernel("convolution_pack", element, "add_slices"), cover(job.taps * job.matrix, kThreads),
         kThreads, 0, job, pass.grad_weight.data, is_wide(pass.grad_weight, channels.type));
  if (pass.grad_bias != nullptr) {
    run_bias(queue, pass, slices, reinterpret_cast<double *>(static_cast<char *>(workspace) + pieces.partial));
  }
}

}  // namespace spc::cuda
