#include "cpu/convolution.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "cpu/isa.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kMostChannels = int64_t{1} << 24;
constexpr int64_t kSumsBytes = 256 * 1024;   // of one tile, to stay in the second-level cache
constexpr int64_t kPartialBytes = 16 << 20;  // of the partial sums of weight gradients, where taps leave a choice
constexpr int64_t kMostSegments = 16;        // of rows, for weight gradients
constexpr int64_t kMostItems = 64;           // of work that segments and groups of taps make, about
constexpr int64_t kRowsBytes = 128 * 1024;   // of pairs' rows side by side, to stay in the second-level cache
constexpr int64_t kBiasRows = 4096;
constexpr int64_t kSerialWork = int64_t{1} << 17;  // multiply-adds below which a second thread does not pay

// Columns of a row of sums.
template <class T>
int64_t padded(int64_t columns) {
  constexpr int64_t kLanes = kLaneBytes / static_cast<int64_t>(sizeof(Sum<T>));
  return (columns + kLanes - 1) / kLanes * kLanes;
}

constexpr int64_t aligned(int64_t bytes) {
  return (bytes + kLaneBytes - 1) / kLaneBytes * kLaneBytes;
}

// ---- arguments

void check_element_type(int32_t type) {
  if (type >= SPC_FLOAT32 && type <= SPC_FLOAT16) return;
  fail_argument("element type is " + std::to_string(type) + ", there is no such type");
}

void check_channels(const char *name, int64_t channels) {
  if (channels >= 1 && channels <= kMostChannels) return;
  fail_argument(std::string(name) + " is " + std::to_string(channels) + ", must be 1 to " +
                std::to_string(kMostChannels));
}

void check_direction(int32_t direction) {
  if (direction == SPC_FINE_TO_COARSE || direction == SPC_COARSE_TO_FINE) return;
  fail_argument("direction is " + std::to_string(direction) + ", must be SPC_FINE_TO_COARSE or SPC_COARSE_TO_FINE");
}

void check_matrix(const char *name, const spc_matrix &matrix, int64_t rows, int64_t columns, int32_t type) {
  const auto expect = [&](const char *what, int64_t value, int64_t wanted) {
    if (value == wanted) return;
    fail_argument(std::string(name) + "." + what + " is " + std::to_string(value) + ", must be " +
                  std::to_string(wanted));
  };
  expect("device", matrix.device, -1);
  expect("element_type", matrix.element_type, type);
  expect("rows", matrix.rows, rows);
  expect("columns", matrix.columns, columns);
  if (matrix.data == nullptr && rows > 0) fail_argument(std::string(name) + ".data is NULL");
}

// A weight, a bias or a gradient of one: beside 16-bit features it may be float32.
void check_parameter(const char *name, const spc_matrix &matrix, int64_t rows, int64_t columns, int32_t type) {
  const int32_t given = matrix.element_type;
  const bool half = type == SPC_BFLOAT16 || type == SPC_FLOAT16;
  if (half && given != type && given != SPC_FLOAT32) {
    fail_argument(std::string(name) + ".element_type is " + std::to_string(given) + ", must be " +
                  std::to_string(type) + " or " + std::to_string(SPC_FLOAT32));
  }
  check_matrix(name, matrix, rows, columns, half ? given : type);
}

void check_workspace(const void *workspace, int64_t bytes, int64_t least) {
  if (bytes < least) {
    fail_argument("workspace_bytes is " + std::to_string(bytes) + ", must be at least " + std::to_string(least));
  }
  if (least == 0) return;
  if (workspace == nullptr) fail_argument("workspace is NULL");
  if (reinterpret_cast<uintptr_t>(workspace) % kLaneBytes != 0) fail_argument("workspace is not aligned to 64 bytes");
}

template <class T>
T *data(const spc_matrix &matrix) {
  return static_cast<T *>(matrix.data);
}

template <class T>
constexpr int32_t kTypeOf = SPC_FLOAT32;
template <>
constexpr int32_t kTypeOf<double> = SPC_FLOAT64;
template <>
constexpr int32_t kTypeOf<BFloat16> = SPC_BFLOAT16;
template <>
constexpr int32_t kTypeOf<Float16> = SPC_FLOAT16;

// ---- forward, and the gradient of the input

// How rows are cut. Only time depends on it, not what is computed.
struct Tiling {
  int64_t granules;  // of kTileRows, in a tile
  int64_t tiles;
};

template <class T>
Tiling choose_tiling(const Side &to, int64_t out, int threads) {
  const int64_t fitting = kSumsBytes / (kTileRows * padded<T>(out) * static_cast<int64_t>(sizeof(Sum<T>)));
  const int64_t sharing = to.tiles / (int64_t{4} * threads);
  const int64_t granules = std::max<int64_t>(1, std::min(fitting, sharing));
  return {granules, (to.tiles + granules - 1) / granules};
}

template <class T>
int64_t packed_bytes(int64_t taps, int64_t in, int64_t out) {
  return taps * in * padded<T>(out) * static_cast<int64_t>(sizeof(Sum<T>));
}

template <class T>
int64_t sums_bytes(int64_t out) {
  const int64_t row = padded<T>(out) * static_cast<int64_t>(sizeof(Sum<T>));
  return std::max<int64_t>(kSumsBytes, kTileRows * row);
}

// Of one thread: the sums, and 16-bit rows made wider.
template <class T>
int64_t tile_bytes(int64_t in, int64_t out) {
  const int64_t wide = kMostRows * in * static_cast<int64_t>(sizeof(Sum<T>));
  return sums_bytes<T>(out) + (kIsHalf<T> ? aligned(wide) : 0);
}

template <class T>
struct ForwardJob {
  const Rulebook &rulebook;
  int32_t direction;
  const T *input;
  const spc_matrix &weight;
  int64_t tap_step, in_step, out_step;  // of weight
  const Sum<T> *bias;
  T *output;
  int64_t in, out;                  // of one group
  int64_t input_step, output_step;  // from one row to the next
  bool by_channel;                  // in is 1 and output channels read the input channels of their own index
};

// The weights of one tap, [1, out], as sums take them, rounded to the type of the features.
template <class T>
void widen_tap(const KernelsOf<T> &kernels, const ForwardJob<T> &job, int64_t tap, Sum<T> *wide) {
  const int64_t offset = tap * job.tap_step;
  if (job.weight.element_type == kTypeOf<T>) {
    kernels.widen(data<const T>(job.weight) + offset, job.out, wide);
  } else if constexpr (kIsHalf<T>) {
    for (int64_t n = 0; n < job.out; ++n) {
      T rounded;
      narrow(data<const Sum<T>>(job.weight)[offset + n], rounded);
      wide[n] = widen(rounded);
    }
  }
}

template <class T>
void pack_tap(const KernelsOf<T> &kernels, const ForwardJob<T> &job, int64_t tap, Sum<T> *packed) {
  if (job.by_channel) return widen_tap(kernels, job, tap, packed);
  const int64_t offset = tap * job.tap_step;
  if (job.weight.element_type == kTypeOf<T>) {
    kernels.pack({data<const T>(job.weight) + offset, job.in_step, job.out_step, job.in, job.out, packed});
  } else {
    kernels.pack_sums({data<const Sum<T>>(job.weight) + offset, job.in_step, job.out_step, job.in, job.out, packed});
  }
}

template <class T>
void run_tile(const KernelsOf<T> &kernels, const ForwardJob<T> &job, const Sum<T> *packed,
              const std::vector<TapPairs> &taps, const Tiling &tiling, int64_t tile, Sum<T> *sums) {
  const Side &to = job.rulebook.to(job.direction);
  const int64_t width = padded<T>(job.out);
  const int64_t first = tile * tiling.granules, last = std::min(first + tiling.granules, to.tiles);
  const int64_t row = first * kTileRows, rows = std::min(last * kTileRows, to.rows) - row;
  std::memset(sums, 0, static_cast<std::size_t>(rows * width) * sizeof(Sum<T>));
  Accumulate<T> part{};
  part.input = job.input;
  part.input_rows = job.rulebook.from(job.direction).row_of.get();
  part.input_step = job.input_step;
  part.sums = sums;
  part.scratch = sums + sums_bytes<T>(job.out) / static_cast<int64_t>(sizeof(Sum<T>));
  part.to_first = row;
  part.in = job.in;
  part.padded = width;
  part.out = job.out;
  for (std::size_t t = 0; t < taps.size(); ++t) {
    const int64_t begin = taps[t].tiles[first];
    part.count = taps[t].tiles[last] - begin;
    if (part.count == 0) continue;
    part.from = taps[t].from + begin;
    part.to = taps[t].to + begin;
    part.weight = packed + static_cast<int64_t>(t) * job.in * width;
    (job.by_channel ? kernels.accumulate_channels : kernels.accumulate)(part);
  }
  kernels.finish({sums, width, job.bias, job.output, job.output_step, to.row_of.get(), row, rows, job.out});
}

template <class T>
void run_forward(const ForwardJob<T> &job, void *workspace, int64_t workspace_bytes) {
  const Side &to = job.rulebook.to(job.direction);
  const int64_t taps = job.rulebook.taps();
  const int64_t fixed = packed_bytes<T>(taps, job.in, job.out), each = tile_bytes<T>(job.in, job.out);
  check_workspace(workspace, workspace_bytes, fixed + each);
  if (to.rows == 0) return;
  const KernelsOf<T> &kernels = kernels_of(active_kernels(), T{});

  // The limit on threads may have risen since the workspace was measured.
  const int64_t work = (job.rulebook.pairs() + to.rows) * job.in * job.out;
  const int64_t useful = std::min({(workspace_bytes - fixed) / each, 1 + work / kSerialWork, to.tiles});
  const Team team(useful);
  auto *const packed = static_cast<Sum<T> *>(workspace);
  const int64_t width = padded<T>(job.out);
  std::vector<TapPairs> pairs(static_cast<std::size_t>(taps));
  for (int64_t t = 0; t < taps; ++t) pairs[t] = job.rulebook.tap(t, job.direction);
  parallel_for(team, taps, [&](int64_t t, int) {
    if (pairs[t].count == 0) return;
    pack_tap(kernels, job, t, packed + t * job.in * width);
  });
  const Tiling tiling = choose_tiling<T>(to, job.out, team.size());
  parallel_for(team, tiling.tiles, [&](int64_t tile, int thread) {
    auto *const sums = reinterpret_cast<Sum<T> *>(static_cast<char *>(workspace) + fixed + thread * each);
    run_tile(kernels, job, packed, pairs, tiling, tile, sums);
  });
}

// ---- gradient of the weights

// How the sums are cut: rows that are written into segments, each with partial sums of its own for every tap, and taps
// into groups, for more to share among threads. Only the segments decide in which order numbers are added, and they
// depend on the rulebook and the channels alone.
struct WeightPlan {
  int64_t segments;
  int64_t granules;             // of kTileRows: what is visited tap by tap, so that its rows stay in cache
  std::vector<int64_t> groups;  // [groups + 1]: first tap of each
};

template <class T>
int64_t weight_segments(const Rulebook &rulebook, int32_t direction, int64_t in, int64_t out) {
  const int64_t bytes = packed_bytes<T>(rulebook.taps(), in, out);
  const int64_t most = std::clamp<int64_t>(rulebook.to(direction).tiles, 1, kMostSegments);
  return std::clamp<int64_t>(kPartialBytes / bytes, 1, most);
}

template <class T>
WeightPlan plan_weight(const Rulebook &rulebook, int32_t direction, int64_t in, int64_t out) {
  WeightPlan plan{weight_segments<T>(rulebook, direction, in, out), std::clamp<int64_t>((in + out) / 32, 4, 32), {0}};
  const int64_t groups = (kMostItems + plan.segments - 1) / plan.segments;
  int64_t sum = 0;
  for (int64_t t = 0; t < rulebook.taps(); ++t) {
    const int64_t count = rulebook.count(t), share = rulebook.pairs() / groups;
    // A new group where this tap would overfill the one before.
    if (sum > 0 && sum + count > share) plan.groups.push_back(t), sum = 0;
    sum += count;
  }
  plan.groups.push_back(rulebook.taps());
  return plan;
}

// Pairs whose rows are laid side by side at once; an even number, since bfloat16 rows are joined in twos.
template <class T>
int64_t pairs_at_once(int64_t in, int64_t out) {
  return std::clamp<int64_t>(kRowsBytes / ((in + padded<T>(out)) * static_cast<int64_t>(sizeof(Sum<T>))), 16, 256) / 2 *
         2;
}

// Of one thread, for the rows at hand.
template <class T>
int64_t rows_bytes(int64_t in, int64_t out) {
  return aligned(pairs_at_once<T>(in, out) * (in + padded<T>(out)) * static_cast<int64_t>(sizeof(Sum<T>)));
}

template <class T>
int64_t weight_bytes(const Rulebook &rulebook, int32_t direction, int64_t in, int64_t out) {
  return weight_segments<T>(rulebook, direction, in, out) * packed_bytes<T>(rulebook.taps(), in, out);
}

int64_t bias_parts(int64_t rows) {
  return std::clamp<int64_t>(rows / kBiasRows, 1, 64);
}

int64_t bias_bytes(int64_t rows, int64_t out) {
  return aligned(bias_parts(rows) * out * static_cast<int64_t>(sizeof(double)));
}

template <class T>
struct WeightJob {
  const Rulebook &rulebook;
  int32_t direction;
  const T *input;
  const T *grad_output;
  const spc_matrix &grad_weight;
  const spc_matrix *grad_bias;
  int64_t in, out;                // of one group
  int64_t input_step, grad_step;  // from one row to the next, of grad_output and of grad_weight
  bool by_channel;                // as in ForwardJob
};

// Writes the first columns of row `row` of a gradient, which has the type of the features or of the sums.
template <class T>
void store_row(const spc_matrix &gradient, int64_t row, int64_t columns, const Sum<T> *values) {
  const int64_t first = row * gradient.columns;
  if (gradient.element_type == kTypeOf<Sum<T>>) {
    std::copy(values, values + columns, data<Sum<T>>(gradient) + first);
  } else if constexpr (kIsHalf<T>) {
    for (int64_t n = 0; n < columns; ++n) narrow(values[n], data<T>(gradient)[first + n]);
  }
}

// In double, since a column of all rows is a long sum.
template <class T>
void sum_bias(const Team &team, const KernelsOf<T> &kernels, const WeightJob<T> &job, double *partial) {
  const int64_t rows = job.rulebook.to(job.direction).rows, parts = bias_parts(rows);
  parallel_for(team, parts, [&](int64_t part, int) {
    double *const sums = partial + part * job.out;
    std::fill(sums, sums + job.out, 0.0);
    const auto [begin, end] = part_of(rows, parts, part);
    std::vector<Sum<T>> grad(static_cast<std::size_t>(job.out));
    for (int64_t row = begin; row < end; ++row) {
      kernels.widen(job.grad_output + row * job.grad_step, job.out, grad.data());
      for (int64_t n = 0; n < job.out; ++n) sums[n] += grad[n];
    }
  });
  std::vector<Sum<T>> total(static_cast<std::size_t>(job.out));
  for (int64_t n = 0; n < job.out; ++n) {
    double sum = 0;
    for (int64_t part = 0; part < parts; ++part) sum += partial[part * job.out + n];
    total[n] = static_cast<Sum<T>>(sum);
  }
  store_row<T>(*job.grad_bias, 0, job.out, total.data());
}

// The sums of one segment and one group of taps.
template <class T>
void run_item(const KernelsOf<T> &kernels, const WeightJob<T> &job, const WeightPlan &plan, int64_t segment,
              int64_t group, Sum<T> *partial, Sum<T> *scratch) {
  const Side &from = job.rulebook.from(job.direction), &to = job.rulebook.to(job.direction);
  const int64_t width = padded<T>(job.out), matrix = job.in * width, taps = job.rulebook.taps();
  const int64_t first_tap = plan.groups[group], last_tap = plan.groups[group + 1];
  Sum<T> *const sums = partial + segment * taps * matrix;
  std::fill(sums + first_tap * matrix, sums + last_tap * matrix, Sum<T>(0));
  Outer<T> part{};
  part.input = job.input;
  part.input_rows = from.row_of.get();
  part.grad = job.grad_output;
  part.grad_rows = to.row_of.get();
  part.input_step = job.input_step;
  part.grad_step = job.grad_step;
  part.scratch = scratch;
  part.at_once = pairs_at_once<T>(job.in, job.out);
  part.in = job.in;
  part.out = job.out;
  part.padded = width;
  const auto [begin, end] = part_of(to.tiles, plan.segments, segment);
  for (int64_t tile = begin; tile < end; tile += plan.granules) {
    const int64_t last = std::min(tile + plan.granules, end);
    for (int64_t t = first_tap; t < last_tap; ++t) {
      const TapPairs pairs = job.rulebook.tap(t, job.direction);
      part.from = pairs.from + pairs.tiles[tile];
      part.to = pairs.to + pairs.tiles[tile];
      part.count = pairs.tiles[last] - pairs.tiles[tile];
      part.sums = sums + t * matrix;
      if (part.count > 0) (job.by_channel ? kernels.outer_channels : kernels.outer)(part);
    }
  }
}

template <class T>
void run_weight(const WeightJob<T> &job, void *workspace, int64_t workspace_bytes) {
  const Side &to = job.rulebook.to(job.direction);
  const int64_t fixed = weight_bytes<T>(job.rulebook, job.direction, job.in, job.out);
  const int64_t bias = bias_bytes(to.rows, job.out), each = rows_bytes<T>(job.in, job.out);
  check_workspace(workspace, workspace_bytes, fixed + bias + each);
  const KernelsOf<T> &kernels = kernels_of(active_kernels(), T{});
  const WeightPlan plan = plan_weight<T>(job.rulebook, job.direction, job.in, job.out);
  char *const memory = static_cast<char *>(workspace);
  auto *const partial = static_cast<Sum<T> *>(workspace);
  const int64_t work = (job.rulebook.pairs() + to.rows) * job.in * job.out;
  const Team team(std::min((workspace_bytes - fixed - bias) / each, 1 + work / kSerialWork));
  const int64_t groups = std::ssize(plan.groups) - 1;
  parallel_for(team, plan.segments * groups, [&](int64_t item, int thread) {
    auto *const scratch = reinterpret_cast<Sum<T> *>(memory + fixed + bias + thread * each);
    run_item(kernels, job, plan, item / groups, item % groups, partial, scratch);
  });
  const int64_t width = padded<T>(job.out), step = job.rulebook.taps() * job.in * width;
  parallel_for(team, job.rulebook.taps(), [&](int64_t t, int) {
    for (int64_t row = t * job.in; row < (t + 1) * job.in; ++row) {
      Sum<T> *const total = partial + row * width;
      for (int64_t segment = 1; segment < plan.segments; ++segment) {
        const Sum<T> *const sums = partial + segment * step + row * width;
        for (int64_t n = 0; n < job.out; ++n) total[n] += sums[n];
      }
      store_row<T>(job.grad_weight, row, job.out, total);
    }
  });
  if (job.grad_bias != nullptr) sum_bias(team, kernels, job, reinterpret_cast<double *>(memory + fixed));
}

// How a convolution falls into parts that run one after the other.
struct Parts {
  int64_t count;
  int64_t in, out;  // channels of one
  bool by_channel;
};

// One part a group, or one in all where each channel is a group: then a kernel of its own runs over all channels.
Parts split_groups(int64_t groups, int64_t in, int64_t out) {
  if (groups > 1 && groups == in && groups == out) return {1, 1, out, true};
  return {groups, in / groups, out / groups, false};
}

void check_groups(int64_t groups, int64_t in, int64_t out) {
  if (groups >= 1 && in % groups == 0 && out % groups == 0) return;
  fail_argument("groups is " + std::to_string(groups) + ", must be positive and divide " + std::to_string(in) +
                " input and " + std::to_string(out) + " output channels");
}

// The same rows from a column on; columns still says how far apart rows are.
spc_matrix from_column(const spc_matrix &matrix, int64_t column) {
  const bool half = matrix.element_type == SPC_BFLOAT16 || matrix.element_type == SPC_FLOAT16;
  const int64_t size = half ? 2 : matrix.element_type == SPC_FLOAT64 ? 8 : 4;
  spc_matrix result = matrix;
  if (result.data != nullptr) result.data = static_cast<char *>(result.data) + column * size;
  return result;
}

// Calls run with a value of the element type.
template <class Run>
void by_type(int32_t type, const Run &run) {
  check_element_type(type);
  if (type == SPC_FLOAT32) {
    run(float{});
  } else if (type == SPC_FLOAT64) {
    run(double{});
  } else if (type == SPC_BFLOAT16) {
    run(BFloat16{});
  } else {
    run(Float16{});
  }
}

// The bias as sums take it, in `wide` where it has to be made wider; null for none.
template <class T>
const Sum<T> *wide_bias(const spc_matrix *bias, std::vector<Sum<T>> &wide) {
  if (bias == nullptr) return nullptr;
  if (bias->element_type == kTypeOf<Sum<T>>) return data<const Sum<T>>(*bias);
  wide.resize(static_cast<std::size_t>(bias->columns));
  kernels_of(active_kernels(), T{}).widen(data<const T>(*bias), bias->columns, wide.data());
  return wide.data();
}

}  // namespace

int64_t convolution_workspace(const Rulebook &rulebook, int32_t direction, int32_t pass, int64_t groups, int64_t in,
                              int64_t out, int32_t element_type) {
  check_direction(direction);
  check_channels("in_channels", in);
  check_channels("out_channels", out);
  check_groups(groups, in, out);
  if (pass < SPC_FORWARD || pass > SPC_BACKWARD_WEIGHT) {
    fail_argument("pass is " + std::to_string(pass) +
                  ", must be SPC_FORWARD, SPC_BACKWARD_INPUT or SPC_BACKWARD_WEIGHT");
  }
  Parts parts = split_groups(groups, in, out);
  int64_t bytes = 0;
  by_type(element_type, [&]<class T>(T) {
    if (pass == SPC_BACKWARD_WEIGHT) {
      bytes = weight_bytes<T>(rulebook, direction, parts.in, parts.out) +
              bias_bytes(rulebook.to(direction).rows, parts.out) + thread_limit() * rows_bytes<T>(parts.in, parts.out);
    } else {
      if (pass == SPC_BACKWARD_INPUT && !parts.by_channel) std::swap(parts.in, parts.out);
      bytes =
          packed_bytes<T>(rulebook.taps(), parts.in, parts.out) + thread_limit() * tile_bytes<T>(parts.in, parts.out);
    }
  });
  return bytes;
}

void convolution_forward(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                         const spc_matrix &weight, const spc_matrix *bias, void *workspace, int64_t workspace_bytes,
                         const spc_matrix &output) {
  check_direction(direction);
  const int64_t in = input.columns, out = output.columns;
  const int32_t type = input.element_type;
  check_element_type(type);
  check_channels("input.columns", in);
  check_channels("output.columns", out);
  check_groups(groups, in, out);
  check_matrix("input", input, rulebook.from(direction).rows, in, type);
  check_parameter("weight", weight, rulebook.taps() * (in / groups), out, type);
  if (bias != nullptr) check_parameter("bias", *bias, 1, out, type);
  check_matrix("output", output, rulebook.to(direction).rows, out, type);
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    std::vector<Sum<T>> wide;
    const Sum<T> *const sum_bias = wide_bias<T>(bias, wide);
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(weight, first_out);
      const ForwardJob<T> job{rulebook,
                              direction,
                              data<const T>(from_column(input, first_in)),
                              part_weight,
                              parts.in * out,
                              out,
                              1,
                              sum_bias != nullptr ? sum_bias + first_out : nullptr,
                              data<T>(from_column(output, first_out)),
                              parts.in,
                              parts.out,
                              in,
                              out,
                              parts.by_channel};
      run_forward(job, workspace, workspace_bytes);
    }
  });
}

void convolution_backward_input(const Rulebook &rulebook, int32_t direction, int64_t groups,
                                const spc_matrix &grad_output, const spc_matrix &weight, void *workspace,
                                int64_t workspace_bytes, const spc_matrix &grad_input) {
  check_direction(direction);
  const int64_t in = grad_input.columns, out = grad_output.columns;
  const int32_t type = grad_output.element_type;
  check_element_type(type);
  check_channels("grad_input.columns", in);
  check_channels("grad_output.columns", out);
  check_groups(groups, in, out);
  check_matrix("grad_output", grad_output, rulebook.to(direction).rows, out, type);
  check_parameter("weight", weight, rulebook.taps() * (in / groups), out, type);
  check_matrix("grad_input", grad_input, rulebook.from(direction).rows, in, type);
  const int32_t reversed = direction == SPC_FINE_TO_COARSE ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(weight, first_out);
      // The weight of a group is transposed, and that of a channel is not.
      const ForwardJob<T> job{rulebook,
                              reversed,
                              data<const T>(from_column(grad_output, first_out)),
                              part_weight,
                              parts.in * out,
                              1,
                              parts.by_channel ? 1 : out,
                              nullptr,
                              data<T>(from_column(grad_input, first_in)),
                              parts.by_channel ? 1 : parts.out,
                              parts.by_channel ? in : parts.in,
                              out,
                              in,
                              parts.by_channel};
      run_forward(job, workspace, workspace_bytes);
    }
  });
}

void convolution_backward_weight(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                                 const spc_matrix &grad_output, void *workspace, int64_t workspace_bytes,
                                 const spc_matrix &grad_weight, const spc_matrix *grad_bias) {
  check_direction(direction);
  const int64_t in = input.columns, out = grad_output.columns;
  const int32_t type = input.element_type;
  check_element_type(type);
  check_channels("input.columns", in);
  check_channels("grad_output.columns", out);
  check_groups(groups, in, out);
  check_matrix("input", input, rulebook.from(direction).rows, in, type);
  check_matrix("grad_output", grad_output, rulebook.to(direction).rows, out, type);
  check_parameter("grad_weight", grad_weight, rulebook.taps() * (in / groups), out, type);
  if (grad_bias != nullptr) check_parameter("grad_bias", *grad_bias, 1, out, type);
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(grad_weight, first_out);
      const spc_matrix part_bias = grad_bias != nullptr ? from_column(*grad_bias, first_out) : spc_matrix{};
      const WeightJob<T> job{rulebook,
                             direction,
                             data<const T>(from_column(input, first_in)),
                             data<const T>(from_column(grad_output, first_out)),
                             part_weight,
                             grad_bias != nullptr ? &part_bias : nullptr,
                             parts.in,
                             parts.out,
                             in,
                             out,
                             parts.by_channel};
      run_weight(job, workspace, workspace_bytes);
    }
  });
}

}  // namespace spc
