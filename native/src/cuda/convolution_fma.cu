// Convolution by multiply-adds of single numbers, for every type and GPU. A block owns ROWS rows that use nearly the
// same taps, by COLUMNS columns of one group; a thread owns EACH x EACH of the sums. Taps that the rows use follow each
// other in ascending order, and channels in steps of kDepth: the rows of a step, zero where there is none, and its
// weights are brought to registers while the step before is multiplied out of shared memory, of which there are two
// halves. So each sum adds in the order of taps and channels, however the tiles are cut.
#include "convolution_parts.cuh"

constexpr int kRows = ROWS, kColumns = COLUMNS, kEach = EACH;
constexpr int kDepth = 16, kVector = 4;
constexpr int kThreads = kRows / kEach * (kColumns / kEach);
constexpr int kRowLoads = kRows * kDepth / kVector / kThreads;
constexpr int kWeightLoads = kColumns * kDepth / kVector / kThreads;
static_assert(kWeightLoads > 0, "a thread loads weights");
using T = ELEMENT;
using S = Sum<T>;

struct Tile {
  S rows[2][kDepth][kRows + 4];
  S weights[2][kDepth][kColumns];
};

// In registers, on the way to shared memory.
struct Step {
  S rows[kRowLoads][kVector];
  S weights[kWeightLoads][kVector];
};

struct Block {
  int64_t first;  // row of the order, or pair
  int group;
  int first_column;  // of the group
};

SPC_DEVICE Block block_of(const GatherJob &job) {
  const auto [tile, column] = split_block(blockIdx.x, static_cast<uint32_t>(job.column_tiles) * job.groups);
  const auto [group, column_tile] = split_block(static_cast<uint32_t>(column), job.column_tiles);
  return {tile * kRows, static_cast<int>(group), static_cast<int>(column_tile) * kColumns};
}

SPC_DEVICE void load_step(const GatherJob &job, const Block &block, int tap, int channel,
                          const int32_t (&from)[kRowLoads], Step &step) {
  SPC_UNROLL
  for (int i = 0; i < kRowLoads; ++i) {
    const int at = channel + static_cast<int>(threadIdx.x) % (kDepth / kVector) * kVector;
    const T *const row =
        static_cast<const T *>(job.input) + max(from[i], 0) * job.input_step + block.group * job.group_step + at;
    load_row<kVector>(row, from[i] >= 0 ? job.in - at : 0, job.in_vectors != 0, step.rows[i]);
  }
  const T *const weights =
      static_cast<const T *>(job.weight) +
      ((static_cast<int64_t>(block.group) * job.taps + tap) * job.padded_in + channel) * job.padded_out +
      block.first_column;
  SPC_UNROLL
  for (int i = 0; i < kWeightLoads; ++i) {
    const int at = (threadIdx.x + i * kThreads) * kVector;
    load_row<kVector>(weights + static_cast<int64_t>(at / kColumns) * job.padded_out + at % kColumns, kVector, true,
                      step.weights[i]);
  }
}

SPC_DEVICE void store_step(Tile &tile, int half, const Step &step) {
  SPC_UNROLL
  for (int i = 0; i < kRowLoads; ++i) {
    const int at = threadIdx.x + i * kThreads;
    SPC_UNROLL
    for (int j = 0; j < kVector; ++j) {
      tile.rows[half][at % (kDepth / kVector) * kVector + j][at / (kDepth / kVector)] = step.rows[i][j];
    }
  }
  SPC_UNROLL
  for (int i = 0; i < kWeightLoads; ++i) {
    const int at = (threadIdx.x + i * kThreads) * kVector;
    SPC_UNROLL
    for (int j = 0; j < kVector; ++j) tile.weights[half][at / kColumns][at % kColumns + j] = step.weights[i][j];
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
    for (int i = 0; i < kEach; ++i) left[i] = tile.rows[half][k][tile_row(i)];
    SPC_UNROLL
    for (int j = 0; j < kEach; ++j) right[j] = tile.weights[half][k][tile_column(j)];
    SPC_UNROLL
    for (int i = 0; i < kEach; ++i) {
      SPC_UNROLL
      for (int j = 0; j < kEach; ++j) sums[i][j] = multiply_add(left[i], right[j], sums[i][j]);
    }
  }
}

// tap_at(i) is the i-th of `taps` taps, and from_at(tap, row) the row that a row of the tile reads, or -1.
template <class TapAt, class FromAt>
SPC_DEVICE void multiply_taps(const GatherJob &job, const Block &block, int taps, const TapAt &tap_at,
                              const FromAt &from_at, S (&sums)[kEach][kEach]) {
  __shared__ Tile tile;
  Step step;
  int32_t from[kRowLoads];
  int next = 0, channel = 0;  // of the step to load
  const auto load = [&]() {
    const int tap = tap_at(next);
    if (channel == 0) {
      SPC_UNROLL
      for (int i = 0; i < kRowLoads; ++i) {
        from[i] = from_at(tap, static_cast<int>(threadIdx.x + i * kThreads) / (kDepth / kVector));
      }
    }
    load_step(job, block, tap, channel, from, step);
    channel += kDepth;
    if (channel < job.padded_in) return;
    channel = 0;
    ++next;
  };
  if (taps == 0) return;
  load();
  store_step(tile, 0, step);
  __syncthreads();
  for (int half = 0;; half = 1 - half) {
    const bool more = next < taps;
    if (more) load();
    multiply_step(tile, half, sums);
    // The other half was read before the barrier of the step before.
    if (more) store_step(tile, 1 - half, step);
    __syncthreads();
    if (!more) return;
  }
}

SPC_KERNEL(kThreads, convolve_rows, GatherJob job) {
  __shared__ int32_t taps[cuda::kTapsOfTable + 1];
  __shared__ int32_t rows[kRows];
  const Block block = block_of(job);
  for (int i = threadIdx.x; i < kRows; i += kThreads) {
    rows[i] = block.first + i < job.rows ? job.order[block.first + i] : -1;
  }
  list_taps<kRows>(job, block.first, taps);
  __syncthreads();
  S sums[kEach][kEach] = {};
  multiply_taps(
      job, block, taps[cuda::kTapsOfTable], [&](int i) { return tap_of(taps[i]); },
      [&](int tap, int row) { return rows[row] >= 0 ? job.table[place_of(job, tap) * job.rows + rows[row]] : -1; },
      sums);
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const int row = rows[tile_row(i)];
    if (row < 0) continue;
    SPC_UNROLL
    for (int j = 0; j < kEach; j += kVector) {
      const int column = block.first_column + tile_column(j);
      S some[kVector];
      SPC_UNROLL
      for (int k = 0; k < kVector; ++k) some[k] = sums[i][j + k];
      finish_row<T>(job, row, static_cast<int64_t>(block.group) * job.out + column, job.out - column, some);
    }
  }
}

#if EACH == 4  // the one shape in which pairs are walked

// Calls each(sum in memory, i, j) for each of the thread's sums that are there.
template <class Each>
SPC_DEVICE void visit_sums(const GatherJob &job, const PairsJob &pairs, const Block &block, const Each &each) {
  const int64_t columns = static_cast<int64_t>(job.groups) * job.out;
  SPC_UNROLL
  for (int i = 0; i < kEach; ++i) {
    const int64_t pair = block.first + tile_row(i);
    if (pair >= pairs.count) continue;
    S *const row =
        static_cast<S *>(pairs.sums) + pairs.to[pair] * columns + static_cast<int64_t>(block.group) * job.out;
    SPC_UNROLL
    for (int j = 0; j < kEach; ++j) {
      const int column = block.first_column + tile_column(j);
      if (column < job.out) each(row[column], i, j);
    }
  }
}

// Adds the products of one tap to sums in memory. No two pairs of a tap write the same row.
SPC_KERNEL(kThreads, convolve_pairs, GatherJob job, PairsJob pairs) {
  const Block block = block_of(job);
  S sums[kEach][kEach] = {};
  multiply_taps(
      job, block, 1, [&](int) { return pairs.tap; },
      [&](int, int row) { return block.first + row < pairs.count ? pairs.from[block.first + row] : -1; }, sums);
  visit_sums(job, pairs, block, [&](S &sum, int i, int j) { sum += sums[i][j]; });
}

#endif
