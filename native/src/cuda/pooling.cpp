#include "cuda/pooling.h"

#include "cuda/channels.h"
#include "cuda/walks.cuh"
#include "matrix.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;

int32_t opposite(int32_t direction) {
  return direction == SPC_FINE_TO_COARSE ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
}

DirectedPairs directed(const Rulebook &rulebook, int32_t direction) {
  const bool reads_fine = direction == SPC_FINE_TO_COARSE;
  return {rulebook.taps(),
          rulebook.pairs(),
          rulebook.device_starts(),
          rulebook.pair_rows(reads_fine),
          rulebook.pair_rows(!reads_fine),
          rulebook.rows_read(direction),
          rulebook.written(direction)};
}

// Calls run(walk) for tables that together have all written rows: the rulebook's table, or tables for some rows each.
template <class Run>
void for_tables(const Queue &queue, const DirectedPairs &pairs, int64_t entries, int64_t channels,
                RowThreads row_threads, const Run &run) {
  const auto taps = static_cast<int32_t>(pairs.taps);
  const Side &side = pairs.side;
  TableWalk walk{side.table, side.rows, 0, taps, side.mirrored, channels, row_threads.count, row_threads.width};
  if (side.table != nullptr) return run(walk);
  if (side.rows == 0) return;
  const int64_t most = std::clamp<int64_t>(entries / taps, 1, side.rows);
  const Buffer<int32_t> table(queue, taps * most);
  walk.table = table.data();
  walk.mirrored = 0;
  for (; walk.first < side.rows; walk.first += most) {
    walk.rows = std::min(most, side.rows - walk.first);
    queue.fill(table.data(), 0xff, table.bytes());
    launch(queue, queue.device().kernel("pair_table", "", "fill_table"), cover(pairs.count, kThreads), kThreads, 0,
           pairs.starts, taps, pairs.count, pairs.read, pairs.written, walk.first, walk.rows, table.data());
    run(walk);
  }
}

template <class... Arguments>
void run_kernel(const Queue &queue, Element element, const char *name, const TableWalk &walk, Arguments... arguments) {
  launch(queue, queue.device().kernel("pooling", element.macros, name), cover(walk.rows * walk.row_threads, kThreads),
         kThreads, 0, walk, arguments...);
}

// 0 stands for the number of pairs.
int32_t divisor_of(int32_t kind, int64_t taps) {
  return kind == SPC_POOL_MEAN ? 0 : kind == SPC_POOL_SUM ? 1 : static_cast<int32_t>(taps);
}

}  // namespace

void pooling_forward(const Queue &queue, const DirectedPairs &pairs, int32_t kind, const spc_matrix &input,
                     int32_t *saved, const spc_matrix &output, int64_t table_entries) {
  const Element element = element_of(input.element_type);
  const int32_t device = queue.device().number();
  check_matrix("input", input, pairs.rows_read, input.columns, input.element_type, device);
  check_matrix("output", output, pairs.side.rows, input.columns, input.element_type, device);
  if (kind != SPC_POOL_MAX && kind != SPC_POOL_MEAN) saved = nullptr;
  const RowThreads row_threads = row_threads_of(element, input.columns, {input.data, saved, output.data});
  const int32_t divisor = divisor_of(kind, pairs.taps);
  for_tables(queue, pairs, table_entries, input.columns, row_threads, [&](const TableWalk &walk) {
    const void *const from = input.data;
    if (kind == SPC_POOL_MAX) return run_kernel(queue, element, "pooling_maximum", walk, from, saved, output.data);
    run_kernel(queue, element, "pooling_sum", walk, from, divisor, saved, output.data);
  });
}

void pooling_backward(const Queue &queue, const DirectedPairs &reversed, int32_t kind, const spc_matrix &grad_output,
                      const int32_t *saved, const spc_matrix &grad_input, int64_t table_entries) {
  const Element element = element_of(grad_output.element_type);
  const int32_t device = queue.device().number();
  check_matrix("grad_output", grad_output, reversed.rows_read, grad_output.columns, grad_output.element_type, device);
  check_matrix("grad_input", grad_input, reversed.side.rows, grad_output.columns, grad_output.element_type, device);
  const RowThreads row_threads =
      row_threads_of(element, grad_output.columns, {grad_output.data, saved, grad_input.data});
  const int32_t divisor = divisor_of(kind, reversed.taps);
  for_tables(queue, reversed, table_entries, grad_output.columns, row_threads, [&](const TableWalk &walk) {
    const void *const from = grad_output.data;
    if (kind == SPC_POOL_MAX) {
      return run_kernel(queue, element, "pooling_maximum_gradient", walk, from, saved, grad_input.data);
    }
    run_kernel(queue, element, "pooling_sum_gradient", walk, from, divisor, saved, grad_input.data);
  });
}

void pooling_forward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                     const spc_matrix &input, int32_t *saved, const spc_matrix &output) {
  check_direction(direction);
  check_pooling_kind(kind);
  pooling_forward(queue, directed(rulebook, direction), kind, input, saved, output);
}

void pooling_backward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int32_t kind,
                      const spc_matrix &grad_output, const int32_t *saved, const spc_matrix &grad_input) {
  check_direction(direction);
  check_pooling_kind(kind);
  check_saved(kind == SPC_POOL_MAX || kind == SPC_POOL_MEAN, saved, grad_output);
  pooling_backward(queue, directed(rulebook, opposite(direction)), kind, grad_output, saved, grad_input);
}

}  // namespace spc::cuda
