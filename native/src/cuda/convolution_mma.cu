// Convolution by tensor cores, from sm_80 on: float16 and bfloat16 with float32 sums, and float32 rounded to TF32. A
// block owns ROWS rows that use nearly the same taps, by COLUMNS columns of one group; a warp owns WARP_ROWS x 32 of
// the sums. Taps that the rows use follow each other in ascending order, and channels in steps of 64 bytes: the rows
// of a step, zero where there is none, and its weights come to shared memory in the background, kStages steps at a
// time, and from there to registers by ldmatrix. So each sum adds in the order of taps and channels, however the
// tiles are cut. Lines in shared memory have 64 bytes in four chunks, whose order changes every two lines, so that
// eight lines of one chunk lie in different banks. Rows begin at multiples of 16 bytes here.
#include "convolution_parts.cuh"

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
#define HAS_TENSOR_CORES 1
#else
#define HAS_TENSOR_CORES 0
#endif

using T = ELEMENT;
constexpr int kRows = ROWS, kColumns = COLUMNS, kWarpRows = WARP_ROWS, kWarpColumns = 32;
constexpr int kThreads = kRows / kWarpRows * (kColumns / kWarpColumns) * 32;

#if HAS_TENSOR_CORES

constexpr int kStages = 4;
constexpr int kChunks = 4, kChunkBytes = 16, kLineBytes = kChunks * kChunkBytes;
constexpr int kOfChunk = kChunkBytes / static_cast<int>(sizeof(T)), kDepth = kChunks * kOfChunk;
constexpr int kRowLoads = kRows * kChunks / kThreads, kWeightLoads = kColumns * kChunks / kThreads;
constexpr int kStageBytes = (kRows + kColumns) * kLineBytes;
constexpr int kSumStep = kColumns + 8;  // floats from one row of sums to the next: lanes meet no bank twice
static_assert(kRowLoads > 0 && kWeightLoads > 0, "a thread loads some of each");

struct Block {
  int64_t first;  // row of the order
  int group;
  int first_column;  // of the group
};

SPC_DEVICE Block block_of(const GatherJob &job) {
  const auto [tile, column] = split_block(blockIdx.x, static_cast<uint32_t>(job.column_tiles) * job.groups);
  const auto [group, column_tile] = split_block(static_cast<uint32_t>(column), job.column_tiles);
  return {tile * kRows, static_cast<int>(group), static_cast<int>(column_tile) * kColumns};
}

SPC_DEVICE unsigned char *chunk_at(unsigned char *lines, int line, int chunk) {
  return lines + line * kLineBytes + (chunk ^ (line >> 1 & 3)) * kChunkBytes;
}

// Brings one step after the other to shared memory. A thread has one chunk of each of some lines. The rows of a tap
// are looked up while the tap before is on its way.
struct Loader {
  const GatherJob &job;
  const int32_t *taps;  // in shared memory
  const int32_t *rows;  // likewise: of the output, -1 past the end
  const T *input;       // this thread's chunk of row 0
  const T *weight;      // and of the first line of the weights of tap 0
  int tap_count;
  int steps;              // of a tap
  int tap = 0, step = 0;  // to load next; tap counts in the list
  int32_t from[kRowLoads] = {}, ahead[kRowLoads] = {};

  SPC_DEVICE static int line(int i) { return static_cast<int>(threadIdx.x) / kChunks + i * (kThreads / kChunks); }
  SPC_DEVICE static int chunk() { return static_cast<int>(threadIdx.x) % kChunks; }
  SPC_DEVICE bool more() const { return tap < tap_count; }

  SPC_DEVICE void look_ahead(int number) {
    const int32_t *const table = job.table + place_of(job, tap_of(taps[number])) * job.rows;
    SPC_UNROLL
    for (int i = 0; i < kRowLoads; ++i) ahead[i] = rows[line(i)] >= 0 ? table[rows[line(i)]] : -1;
  }

  SPC_DEVICE void load(unsigned char *stage) {
    if (step == 0) {
      SPC_UNROLL
      for (int i = 0; i < kRowLoads; ++i) from[i] = ahead[i];
      if (tap + 1 < tap_count) look_ahead(tap + 1);
    }
    const bool there = step * kDepth + chunk() * kOfChunk < job.in;
    const T *const first = input + step * kDepth;
    SPC_UNROLL
    for (int i = 0; i < kRowLoads; ++i) {
      const bool valid = there && from[i] >= 0;
      copy_async(chunk_at(stage, line(i), chunk()), valid ? first + from[i] * job.input_step : input, valid);
    }
    const T *const lines = weight + static_cast<int64_t>(tap_of(taps[tap]) * steps + step) * job.padded_out * kDepth;
    SPC_UNROLL
    for (int i = 0; i < kWeightLoads; ++i) {
      copy_async(chunk_at(stage + kRows * kLineBytes, line(i), chunk()), lines + line(i) * kDepth, true);
    }
    if (++step < steps) return;
    step = 0;
    ++tap;
  }
};

SPC_DEVICE Loader loader_of(const GatherJob &job, const Block &block, const int32_t *taps, const int32_t *rows) {
  const int steps = job.padded_in / kDepth;
  const int64_t lines = static_cast<int64_t>(block.group) * job.taps * steps * job.padded_out + block.first_column;
  return {job,
          taps,
          rows,
          static_cast<const T *>(job.input) + block.group * job.group_step + Loader::chunk() * kOfChunk,
          static_cast<const T *>(job.weight) + lines * kDepth + Loader::chunk() * kOfChunk,
          taps[cuda::kTapsOfTable],
          steps};
}

struct Warp {
  int lane, row, column;  // of the tile
};

SPC_DEVICE Warp this_warp() {
  const int warp = threadIdx.x / 32;
  return {static_cast<int>(threadIdx.x) % 32, warp / (kColumns / kWarpColumns) * kWarpRows,
          warp % (kColumns / kWarpColumns) * kWarpColumns};
}

using Sums = float[kWarpRows / 16][kWarpColumns / 8][4];

// Two steps of a product of tiles, each 32 bytes deep.
SPC_DEVICE void multiply_stage(unsigned char *stage, const Warp &warp, Sums &sums) {
  const int lane = warp.lane;
  SPC_UNROLL
  for (int half = 0; half < 2; ++half) {
    uint32_t left[kWarpRows / 16][4], right[kWarpColumns / 8][2];
    SPC_UNROLL
    for (int i = 0; i < kWarpRows / 16; ++i) {
      load_matrices(left[i], chunk_at(stage, warp.row + i * 16 + lane % 16, 2 * half + lane / 16));
      if constexpr (sizeof(T) == 4) {
        SPC_UNROLL
        for (int k = 0; k < 4; ++k) left[i][k] = to_tf32(float_of(left[i][k]));
      }
    }
    SPC_UNROLL
    for (int j = 0; j < kWarpColumns / 16; ++j) {
      uint32_t both[4];
      load_matrices(both, chunk_at(stage + kRows * kLineBytes, warp.column + j * 16 + lane / 16 * 8 + lane % 8,
                                   2 * half + lane / 8 % 2));
      right[2 * j][0] = both[0];
      right[2 * j][1] = both[1];
      right[2 * j + 1][0] = both[2];
      right[2 * j + 1][1] = both[3];
    }
    SPC_UNROLL
    for (int i = 0; i < kWarpRows / 16; ++i) {
      SPC_UNROLL
      for (int j = 0; j < kWarpColumns / 8; ++j) multiply_tile(sums[i][j], left[i], right[j], T{});
    }
  }
}

SPC_DEVICE void multiply_taps(Loader &loader, unsigned char *stages, const Warp &warp, Sums &sums) {
  const int steps = loader.tap_count * loader.steps;
  if (steps == 0) return;
  loader.look_ahead(0);
  SPC_UNROLL
  for (int stage = 0; stage < kStages - 1; ++stage) {
    if (loader.more()) loader.load(stages + stage * kStageBytes);
    commit_copies();
  }
  const uint32_t runs = ((1u << (kWarpRows + 31) / 32) - 1) << warp.row / cuda::kRowsOfMask;
  int stage = 0, tap = 0, step = 0;  // to multiply
  for (int number = 0; number < steps; ++number) {
    wait_for_copies<kStages - 2>();
    // Now all threads' copies of this step are there, and nobody reads the step before any more.
    __syncthreads();
    if (loader.more()) loader.load(stages + (stage + kStages - 1) % kStages * kStageBytes);
    commit_copies();
    // Rows without the tap would add zeros.
    if ((runs_of(loader.taps[tap]) & runs) != 0) multiply_stage(stages + stage * kStageBytes, warp, sums);
    stage = (stage + 1) % kStages;
    if (++step < loader.steps) continue;
    step = 0;
    ++tap;
  }
  wait_for_copies<0>();
}

// Through shared memory, so that neighbouring lanes write neighbouring columns of a row.
SPC_DEVICE void finish_tile(const GatherJob &job, const Block &block, const int32_t *rows, const Warp &warp,
                            const Sums &sums, float *tile) {
  SPC_UNROLL
  for (int i = 0; i < kWarpRows / 16; ++i) {
    SPC_UNROLL
    for (int j = 0; j < kWarpColumns / 8; ++j) {
      float *const at = tile + (warp.row + i * 16 + warp.lane / 4) * kSumStep + warp.column + j * 8 + warp.lane % 4 * 2;
      *reinterpret_cast<Vector<float, 2> *>(at) = {sums[i][j][0], sums[i][j][1]};
      *reinterpret_cast<Vector<float, 2> *>(at + 8 * kSumStep) = {sums[i][j][2], sums[i][j][3]};
    }
  }
  __syncthreads();
  for (int i = threadIdx.x; i < kRows * kColumns / kOfChunk; i += kThreads) {
    const int row = i / (kColumns / kOfChunk), column = i % (kColumns / kOfChunk) * kOfChunk;
    if (rows[row] < 0) continue;
    auto some = *reinterpret_cast<const Vector<float, kOfChunk> *>(tile + row * kSumStep + column);
    finish_row<T>(job, rows[row], static_cast<int64_t>(block.group) * job.out + block.first_column + column,
                  job.out - block.first_column - column, some.at);
  }
}

#endif

SPC_KERNEL(kThreads, convolve_rows, GatherJob job) {
#if HAS_TENSOR_CORES
  SPC_DYNAMIC_SHARED(unsigned char, shared);
  __shared__ int32_t taps[cuda::kTapsOfTable + 1];
  __shared__ int32_t rows[kRows];
  const Block block = block_of(job);
  for (int i = threadIdx.x; i < kRows; i += kThreads) {
    rows[i] = block.first + i < job.rows ? job.order[block.first + i] : -1;
  }
  list_taps<kRows>(job, block.first, taps);
  __syncthreads();
  const Warp warp = this_warp();
  Sums sums = {};
  Loader loader = loader_of(job, block, taps, rows);
  multiply_taps(loader, shared, warp, sums);
  __syncthreads();  // the sums take the place of the stages
  finish_tile(job, block, rows, warp, sums, reinterpret_cast<float *>(shared));
#endif
}

#undef HAS_TENSOR_CORES
