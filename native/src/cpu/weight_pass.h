// Gradients of the weights and the bias.
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

constexpr int64_t kPartialBytes = 8 << 20;  // of the partial sums of weight gradients, where taps leave a choice
constexpr int64_t kMostSegments = 8;        // of rows, for weight gradients
constexpr int64_t kRowsBytes = 512 * 1024;  // of pairs' rows, to stay in the second-level cache

// How the sums are cut: rows that are written into segments, each with partial sums of its own for every tap, and taps
// into groups, where threads need more to share. Only the segments decide in which order numbers are added, and they
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
WeightPlan plan_weight(const Rulebook &rulebook, int32_t direction, int64_t in, int64_t out, int threads) {
  WeightPlan plan{weight_segments<T>(rulebook, direction, in, out), std::clamp<int64_t>((in + out) / 8, 16, 64), {0}};
  // Each group reads the rows anew, so there are no more than keep the threads busy.
  const int64_t groups = threads == 1 ? 1 : (int64_t{4} * threads + plan.segments - 1) / plan.segments;
  int64_t sum = 0;
  for (int64_t t = 0; t < rulebook.taps(); ++t) {
    const int64_t count = rulebook.count(t), share = rulebook.pairs() / groups;
    // A new group where this tap would overfill the one before.
    if (sum > 0 && sum + count > share && groups > 1) plan.groups.push_back(t), sum = 0;
    sum += count;
  }
  plan.groups.push_back(rulebook.taps());
  return plan;
}

// Of one pair's rows.
template <class T>
int64_t pair_bytes(int64_t in, int64_t out) {
  return (padded<T>(in) + padded<T>(out)) * static_cast<int64_t>(sizeof(Sum<T>));
}

// Pairs whose rows are copied side by side at once: a multiple of the depth of an AMX tile.
template <class T>
int64_t pairs_at_once(int64_t in, int64_t out) {
  const int64_t step = kAmxDepth * pair_bytes<T>(in, out), steps = (kRowsBytes + step - 1) / step;
  return std::min(steps, kMostPairs / kAmxDepth) * kAmxDepth;
}

// Per-thread scratch for the rows that are copied side by side.
template <class T>
int64_t rows_bytes(int64_t in, int64_t out) {
  return pairs_at_once<T>(in, out) * pair_bytes<T>(in, out);
}

// Scratch for the bias gradient: one row of sums for each segment.
inline int64_t bias_bytes(int64_t segments, int64_t out) {
  return aligned(segments * out * static_cast<int64_t>(sizeof(double)));
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

template <class T>
void store_bias(const WeightJob<T> &job, int64_t segments, const double *partial) {
  std::vector<Sum<T>> total(static_cast<std::size_t>(job.out));
  for (int64_t n = 0; n < job.out; ++n) {
    double sum = 0;
    for (int64_t segment = 0; segment < segments; ++segment) sum += partial[segment * job.out + n];
    total[n] = static_cast<Sum<T>>(sum);
  }
  store_row<T>(*job.grad_bias, 0, job.out, total.data());
}

// Computes the sums of one segment and one group of taps. The first group also computes the bias gradient, in double
// because it sums over all rows.
template <class T>
void run_item(const LoopsOf<T> &loops, const WeightJob<T> &job, const WeightPlan &plan, int64_t segment, int64_t group,
              Sum<T> *partial, double *bias, Sum<T> *scratch) {
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
  const bool with_bias = job.grad_bias != nullptr && group == 0;
  bias += segment * job.out;
  if (with_bias) std::fill(bias, bias + job.out, 0.0);
  loops.begin();
  const auto [begin, end] = part_of(to.tiles, plan.segments, segment);
  for (int64_t tile = begin; tile < end; tile += plan.granules) {
    const int64_t last = std::min(tile + plan.granules, end);
    const int64_t row = tile * kTileRows, rows = std::min(last * kTileRows, to.rows) - row;
    for (int64_t t = first_tap; t < last_tap; ++t) {
      const TapPairs pairs = job.rulebook.tap(t, job.direction);
      part.from = pairs.from + pairs.tiles[tile];
      part.to = pairs.to + pairs.tiles[tile];
      part.count = pairs.tiles[last] - pairs.tiles[tile];
      // The next call takes the pairs of the next tap, or those of the first tap in the rows that follow.
      const bool more = t + 1 < last_tap;
      const int64_t then = more ? tile : last, until = more ? last : std::min(last + plan.granules, end);
      const TapPairs next = job.rulebook.tap(more ? t + 1 : first_tap, job.direction);
      part.next_from = next.from + next.tiles[then];
      part.next_to = next.to + next.tiles[then];
      part.next_count = next.tiles[until] - next.tiles[then];
      part.sums = sums + t * matrix;
      if (part.count > 0) (job.by_channel ? loops.outer_channels : loops.outer)(part);
    }
    if (with_bias) {
      loops.sum_columns({.matrix = job.grad_output,
                         .matrix_rows = to.row_of.get(),
                         .step = job.grad_step,
                         .first = row,
                         .rows = rows,
                         .columns = job.out,
                         .sums = bias});
    }
  }
  loops.end();
}

template <class T>
void run_weight(const WeightJob<T> &job, void *workspace, int64_t workspace_bytes) {
  const Side &to = job.rulebook.to(job.direction);
  const int64_t segments = weight_segments<T>(job.rulebook, job.direction, job.in, job.out);
  const int64_t fixed = segments * packed_bytes<T>(job.rulebook.taps(), job.in, job.out);
  const int64_t bias = bias_bytes(segments, job.out), each = rows_bytes<T>(job.in, job.out);
  check_workspace(workspace, workspace_bytes, fixed + bias + each);
  const LoopsOf<T> &loops = loops_of(active_loops(), T{});
  char *const memory = static_cast<char *>(workspace);
  auto *const partial = static_cast<Sum<T> *>(workspace);
  auto *const bias_partial = reinterpret_cast<double *>(memory + fixed);
  const int64_t work = (job.rulebook.pairs() + to.rows) * job.in * job.out;
  const Team team(std::min((workspace_bytes - fixed - bias) / each, 1 + work / kSerialWork));
  const WeightPlan plan = plan_weight<T>(job.rulebook, job.direction, job.in, job.out, team.size());
  const int64_t groups = std::ssize(plan.groups) - 1;
  parallel_for(team, segments * groups, [&](int64_t item, int thread) {
    auto *const scratch = reinterpret_cast<Sum<T> *>(memory + fixed + bias + thread * each);
    run_item(loops, job, plan, item / groups, item % groups, partial, bias_partial, scratch);
  });
  const int64_t width = padded<T>(job.out), step = job.rulebook.taps() * job.in * width;
  parallel_for(team, job.rulebook.taps(), [&](int64_t t, int) {
    for (int64_t row = t * job.in; row < (t + 1) * job.in; ++row) {
      Sum<T> *const total = partial + row * width;
      for (int64_t segment = 1; segment < segments; ++segment) {
        const Sum<T> *const sums = partial + segment * step + row * width;
        for (int64_t n = 0; n < job.out; ++n) total[n] += sums[n];
      }
      store_row<T>(job.grad_weight, row, job.out, total);
    }
  });
  if (job.grad_bias != nullptr) store_bias(job, segments, bias_partial);
}

}  // namespace spc
