// Gradients of weights by multiply-adds of single numbers. A block owns ROWS input channels by COLUMNS output channels
// of one group, and a slice of the pairs (see OuterJob); a thread owns EACH x EACH of the sums. The rows of kDepth
// pairs are brought to registers while those before are multiplied out of shared memory, of which there are two halves.
#include "convolution_parts.cuh"

constexpr int kRows = ROWS, kColumns = COLUMNS, kEach = EACH;
constexpr int kDepth = 16, kVector = 4;
constexpr int kThreads = kRows / kEach * (kColumns / kEach);
constexpr int kInputLoads = kRows * kDepth / kVector / kThreads;
constexpr int kGradLoads = kColumns * kDepth / kVector / kThreads;
static_assert(kInputLoads > 0 && kGradLoads > 0, "a thread loads some of each");
using T = ELEMENT;
using S = Sum<T>;

struct Tile {
  S input[2][kDepth][kRows];
  S grad[2][kDepth][kColumns];
};

struct Step {
  S input[kInputLoads][kVector];
  S grad[kGradLoads][kVector];
};

struct Block {
  int64_t slice;
  int group, first_in, first_out;
};

SPC_DEVICE Block block_of(const OuterJob &job) {
  const auto [line, out_tile] = split_block(blockIdx.x, job.out_tiles);
  const auto [block, in_tile] = split_block(static_cast<uint32_t>(line), job.in_tiles);
  const auto [slice, group] = split_block(static_cast<uint32_t>(block), job.groups);
  return {slice, static_cast<int>(group), static_cast<int>(in_tile) * kRows, static_cast<int>(out_tile) * kColumns};
}

// kDepth rows from column `first` of their group on.
template <int kWidth, int kLoads>
SPC_DEVICE void load_rows(const void *matrix, const int32_t *rows, int64_t step, int64_t group, int first, int channels,
                          bool vectors, int64_t pair, int64_t end, S (&to)[kLoads][kVector]) {
  SPC_UNROLL
  for (int i = 0; i < kLoads; ++i) {
    const int at = (threadIdx.x + i * kThreads) * kVector, column = first + at % kWidth;
    const int64_t own = pair + at / kWidth;
    const int64_t row = own < end ? rows[own] : 0;
    load_row<kVector>(static_cast<const T *>(matrix) + row * step + group + column, own < end ? channels - column : 0,
                      vectors, to[i]);
  }
}

template <int kWidth, int kLoads>
SPC_DEVICE void store_rows(const S (&from)[kLoads][kVector], S (&to)[kDepth][kWidth]) {
  SPC_UNROLL
  for (int i = 0; i < kLoads; ++i) {
    const int at = (threadIdx.x + i * kThreads) * kVector;
    SPC_UNROLL
    for (int j = 0; j < kVector; ++j) to[at / kWidth][at % kWidth + j] = from[i][j];
  }
}

// Where the i-th of a thread's rows or columns stands in the tile, `along` threads of which share a side.
SPC_DEVICE int place_in_tile(int thread, int along, int i) {
  return i / kVector * along * kVector + thread * kVector + i % kVector;
}
SPC_DEVICE int tile_row(int i) {
  return place_in_tile(threadIdx.x / (kColumns / kEach), kRows / kEach, i);
}
SPC_DEVICE int tile_column(int i) {
  return place_in_tile(threadIdx.x % (kColumns / kEach), kColumns / kEach, i);
}

SPC_DEVICE void multiply_step(const Tile &tile, int half, S (&sums)[kEach][kEach]) {
  SPC_UNROLL_4
  for (int k = 0; k < kDepth; ++k) {
    S left[kEach], right[kEach];
    SPC_UNROLL
    for (int i = 0; i < kEach; ++i) left[i] = tile.input[half][k][tile_row(i)];
    SPC_UNROLL
    for (int j = 0; j < kEach; ++j) right[j] = tile.grad[half][k][tile_column(j)];
    SPC_UNROLL
    for (int i = 0; i < kEach; ++i) {
      SPC_UNROLL
      for (int j = 0; j < kEach; ++j) sums[i][j] = multiply_add(left[i], right[j], sums[i][j]);
    }
  }
}

SPC_DEVICE void multiply_pairs(const OuterJob &job, const Block &block, int64_t begin, int64_t end, Tile &tile,
                               S (&sums)[kEach][kEach]) {
  Step step;
  const auto load = [&](int64_t pair) {
    load_rows<kRows>(job.input, job.from, job.input_step, block.group * job.input_group, block.first_in, job.in,
                     job.in_vectors != 0, pair, end, step.input);
    load_rows<kColumns>(job.grad, job.to, job.grad_step, block.group * job.grad_group, block.first_out, job.out,
                        job.out_vectors != 0, pair, end, step.grad);
  };
  const auto store = [&](int half) {
    store_rows<kRows>(step.input, tile.input[half]);
    store_rows<kColumns>(step.grad, tile.grad[half]);
  };
  load(begin);
  store(0);
  __syncthreads();
  int half = 0;
  for (int64_t pair = begin; pair < end; pair += kDepth) {
    const bool more = pair + kDepth < end;
    if (more) load(pair + kDepth);
    multiply_step(tile, half, sums);
    half = 1 - half;
    // This half was read before the barrier of the step before.
    if (more) store(half);
    __syncthreads();
  }
}

SPC_KERNEL(kThreads, multiply_rows, OuterJob job) {
  __shared__ Tile tile;
  const Block block = block_of(job);
  const int64_t first = block.slice * job.slice, last = min(first + job.slice, job.pairs);
  const int64_t columns = static_cast<int64_t>(job.groups) * job.out;
  for (int tap = tap_of_pair(job, first); tap < job.taps && job.starts[tap] < last; ++tap) {
    const int64_t begin = max(first, job.starts[tap]), end = min(last, job.starts[tap + 1]);
    if (begin >= end) continue;
    S sums[kEach][kEach] = {};
    multiply_pairs(job, block, begin, end, tile, sums);
    S *const partial =
        static_cast<S *>(job.partial) + (block.slice + tap) * job.matrix + static_cast<int64_t>(block.group) * job.out;
    SPC_UNROLL
    for (int i = 0; i < kEach; ++i) {
      const int row = block.first_in + tile_row(i);
      if (row >= job.in) continue;
      SPC_UNROLL
      for (int j = 0; j < kEach; ++j) {
        const int column = block.first_out + tile_column(j);
        if (column < job.out) partial[row * columns + column] = sums[i][j];
      }
    }
  }
}
