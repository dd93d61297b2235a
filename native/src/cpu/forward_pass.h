// The forward pass, which is also the gradient of the input when it runs along the reversed rulebook.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "cpu/isa.h"
#include "cpu/rulebook.h"
#include "cpu/workspace.h"
#include "matrix.h"
#include "parallel.h"

namespace spc {

constexpr int64_t kSumsBytes = 256 * 1024;   // the sums of one tile, which stay in the second-level cache
constexpr int64_t kStreamedBytes = 8 << 20;  // outputs of this size and more are written with non-temporal stores

// How output rows are cut into tiles. Results do not depend on it, only the time does.
struct Tiling {
  int64_t granules;  // in a tile, of kTileRows rows each
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
int64_t sums_bytes(int64_t out) {
  const int64_t row = padded<T>(out) * static_cast<int64_t>(sizeof(Sum<T>));
  return std::max<int64_t>(kSumsBytes, kTileRows * row);
}

// Per-thread scratch: one tile of sums, plus room to widen 16-bit rows or to copy them side by side.
template <class T>
int64_t tile_bytes(int64_t in, int64_t out) {
  const int64_t wide = kMostRows * padded<T>(in) * static_cast<int64_t>(sizeof(Sum<T>));
  return sums_bytes<T>(out) + (kIsHalf<T> ? aligned(wide) : 0);
}

template <class T>
struct ForwardJob {
  const Rulebook &rulebook;
  int32_t direction;
  const T *input;
  const spc_matrix &weight;
  int64_t tap_step, in_step, out_step;  // of weight
  const Sum<T> *scale;
  const Sum<T> *bias;
  const T *residual;
  bool rectify;
  T *output;
  int64_t in, out;                  // of one group
  int64_t input_step, output_step;  // from one row to the next
  bool by_channel;  // depthwise: in is 1, and each output channel reads the input channel with its own index
};

// The depthwise weights of one tap, [1, out], rounded to the type of the features and in the type of the sums.
template <class T>
void widen_tap(const LoopsOf<T> &loops, const ForwardJob<T> &job, int64_t tap, Sum<T> *wide) {
  const int64_t offset = tap * job.tap_step;
  if (job.weight.element_type == kTypeOf<T>) {
    loops.widen(data<const T>(job.weight) + offset, job.out, wide);
  } else if constexpr (kIsHalf<T>) {
    for (int64_t n = 0; n < job.out; ++n) {
      T rounded;
      narrow(data<const Sum<T>>(job.weight)[offset + n], rounded);
      wide[n] = widen(rounded);
    }
  }
}

template <class T>
void pack_tap(const LoopsOf<T> &loops, const ForwardJob<T> &job, int64_t tap, Sum<T> *packed) {
  if (job.by_channel) return widen_tap(loops, job, tap, packed);
  const int64_t offset = tap * job.tap_step;
  if (job.weight.element_type == kTypeOf<T>) {
    loops.pack({.weight = data<const T>(job.weight) + offset,
                .in_step = job.in_step,
                .out_step = job.out_step,
                .in = job.in,
                .out = job.out,
                .packed = packed});
  } else {
    loops.pack_sums({.weight = data<const Sum<T>>(job.weight) + offset,
                     .in_step = job.in_step,
                     .out_step = job.out_step,
                     .in = job.in,
                     .out = job.out,
                     .packed = packed});
  }
}

// Whether the output is written with non-temporal stores, which saves reading the memory that is overwritten. They pay
// where the output is larger than the caches could keep until it is read, and need rows of whole cache lines.
template <class T>
bool writes_past_caches(const ForwardJob<T> &job) {
  if constexpr (kIsHalf<T>) return false;
  constexpr auto kBytes = static_cast<int64_t>(sizeof(T));
  const auto address = static_cast<int64_t>(reinterpret_cast<std::uintptr_t>(job.output));
  return job.rulebook.to(job.direction).rows * job.output_step * kBytes >= kStreamedBytes &&
         (address | job.output_step * kBytes | job.out * kBytes) % kLaneBytes == 0;
}

template <class T>
void run_tile(const LoopsOf<T> &loops, const ForwardJob<T> &job, const Sum<T> *packed,
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
  loops.begin();
  for (std::size_t t = 0; t < taps.size(); ++t) {
    const int64_t begin = taps[t].tiles[first];
    part.count = taps[t].tiles[last] - begin;
    if (part.count == 0) continue;
    part.from = taps[t].from + begin;
    part.to = taps[t].to + begin;
    part.weight = packed + static_cast<int64_t>(t) * packed_rows<T>(job.in) * width;
    (job.by_channel ? loops.accumulate_channels : loops.accumulate)(part);
  }
  loops.end();
  loops.finish({.sums = sums,
                .padded = width,
                .scale = job.scale,
                .bias = job.bias,
                .output = job.output,
                .output_step = job.output_step,
                .residual = job.residual,
                .rectify = job.rectify,
                .output_rows = to.row_of.get(),
                .first = row,
                .rows = rows,
                .out = job.out,
                .non_temporal = writes_past_caches(job)});
}

template <class T>
void run_forward(const ForwardJob<T> &job, void *workspace, int64_t workspace_bytes) {
  const Side &to = job.rulebook.to(job.direction);
  const int64_t taps = job.rulebook.taps();
  const int64_t fixed = packed_bytes<T>(taps, packed_rows<T>(job.in), job.out), each = tile_bytes<T>(job.in, job.out);
  check_workspace(workspace, workspace_bytes, fixed + each);
  if (to.rows == 0) return;
  const LoopsOf<T> &loops = loops_of(active_loops(), T{});

  // The limit on threads may have risen since the workspace was measured.
  const int64_t work = (job.rulebook.pairs() + to.rows) * job.in * job.out;
  const int64_t useful = std::min({(workspace_bytes - fixed) / each, 1 + work / kSerialWork, to.tiles});
  const Team team(useful);
  auto *const packed = static_cast<Sum<T> *>(workspace);
  const int64_t step = packed_rows<T>(job.in) * padded<T>(job.out);
  std::vector<TapPairs> pairs(static_cast<std::size_t>(taps));
  for (int64_t t = 0; t < taps; ++t) pairs[t] = job.rulebook.tap(t, job.direction);
  parallel_for(team, taps, [&](int64_t t, int) {
    if (pairs[t].count == 0) return;
    pack_tap(loops, job, t, packed + t * step);
  });
  const Tiling tiling = choose_tiling<T>(to, job.out, team.size());
  parallel_for(team, tiling.tiles, [&](int64_t tile, int thread) {
    auto *const sums = reinterpret_cast<Sum<T> *>(static_cast<char *>(workspace) + fixed + thread * each);
    run_tile(loops, job, packed, pairs, tiling, tile, sums);
  });
}

}  // namespace spc
