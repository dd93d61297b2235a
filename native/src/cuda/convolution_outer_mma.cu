// Gradients of weights by tensor cores, from sm_80 on: float16 and bfloat16 with float32 sums, and float32 rounded to
// TF32. A block owns ROWS input channels by COLUMNS output channels of one group, and a slice of the pairs (see
// OuterJob); a warp owns WARP_ROWS x 32 of the sums. The rows of kDepth pairs come to shared memory in the background,
// kStages steps at a time; both factors lie there pair by pair, and ldmatrix turns them (TF32 numbers are read one by
// one). Rows begin at multiples of 16 bytes here.
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

constexpr int kStages = 3;
constexpr bool kWide = sizeof(T) == 4;
constexpr int kDepth = kWide ? 16 : 32;   // pairs of a step
constexpr int kProduct = kWide ? 8 : 16;  // pairs of one product of tiles
constexpr int kChunkBytes = 16, kOfChunk = kChunkBytes / static_cast<int>(sizeof(T));
// TF32 lines are 8 numbers longer, so that lanes meet no bank twice.
constexpr int kSpare = kWide ? 8 : 0;

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

// kDepth lines of kWidth numbers of one factor, one a pair; where they lie in shared memory, and who brings them.
template <int kWidth>
struct Factor {
  static constexpr int kChunks = kWidth / kOfChunk, kLine = kWidth + kSpare;
  static constexpr int kLoads = kDepth * kChunks / kThreads;
  static constexpr int kBytes = kDepth * kLine * static_cast<int>(sizeof(T));
  static_assert(kLoads > 0, "a thread loads some");

  const T *first;       // of the tile's columns
  const int32_t *rows;  // by pair
  int64_t step;
  int left;  // columns from there on
  int32_t ahead[kLoads] = {};

  // Eight lines of one chunk lie in different banks.
  static SPC_DEVICE T *at(unsigned char *lines, int line, int chunk) {
    const int turned = kWide ? chunk : kChunks >= 8 ? chunk ^ (line & 7) : chunk ^ (line >> 1 & 3);
    return reinterpret_cast<T *>(lines) + line * kLine + turned * kOfChunk;
  }

  static SPC_DEVICE int number(int i) { return static_cast<int>(threadIdx.x) + i * kThreads; }

  // The rows of the step that is loaded next, -1 past the end.
  SPC_DEVICE void look_ahead(int64_t pair, int64_t end) {
    SPC_UNROLL
    for (int i = 0; i < kLoads; ++i) {
      const int64_t own = pair + number(i) / kChunks;
      ahead[i] = own < end ? rows[own] : -1;
    }
  }

  SPC_DEVICE void load(unsigned char *lines) const {
    SPC_UNROLL
    for (int i = 0; i < kLoads; ++i) {
      const int line = number(i) / kChunks, chunk = number(i) % kChunks;
      const bool valid = ahead[i] >= 0 && chunk * kOfChunk < left;
      copy_async(at(lines, line, chunk), valid ? first + ahead[i] * step + chunk * kOfChunk : first, valid);
    }
  }
};
using Input = Factor<kRows>;
using Grad = Factor<kColumns>;
constexpr int kStageBytes = Input::kBytes + Grad::kBytes;

struct Warp {
  int lane, row, column;  // of the tile
};

SPC_DEVICE Warp this_warp() {
  const int warp = threadIdx.x / 32;
  return {static_cast<int>(threadIdx.x) % 32, warp / (kColumns / kWarpColumns) * kWarpRows,
          warp % (kColumns / kWarpColumns) * kWarpColumns};
}

using Left = uint32_t[kWarpRows / 16][4];
using Right = uint32_t[kWarpColumns / 8][2];
using Sums = float[kWarpRows / 16][kWarpColumns / 8][4];

// Both factors of one product, from the pair `first` of the step on.
SPC_DEVICE void load_factors(unsigned char *stage, const Warp &warp, int first, Left &left, Right &right) {
  const int lane = warp.lane, group = lane / 4, within = lane % 4;
  unsigned char *const grad = stage + Input::kBytes;
  if constexpr (kWide) {
    SPC_UNROLL
    for (int i = 0; i < kWarpRows / 16; ++i) {
      SPC_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int line = first + within + k / 2 * 4, column = warp.row + i * 16 + group + k % 2 * 8;
        left[i][k] = to_tf32(widen(Input::at(stage, line, 0)[column]));
      }
    }
    SPC_UNROLL
    for (int j = 0; j < kWarpColumns / 8; ++j) {
      SPC_UNROLL
      for (int k = 0; k < 2; ++k) {
        right[j][k] = to_tf32(widen(Grad::at(grad, first + within + k * 4, 0)[warp.column + j * 8 + group]));
      }
    }
  } else {
    SPC_UNROLL
    for (int i = 0; i < kWarpRows / 16; ++i) {
      load_matrices_transposed(
          left[i], Input::at(stage, first + lane / 16 * 8 + lane % 8, (warp.row + i * 16) / kOfChunk + lane / 8 % 2));
    }
    SPC_UNROLL
    for (int j = 0; j < kWarpColumns / 16; ++j) {
      uint32_t both[4];
      load_matrices_transposed(
          both, Grad::at(grad, first + lane / 8 % 2 * 8 + lane % 8, (warp.column + j * 16) / kOfChunk + lane / 16));
      right[2 * j][0] = both[0];
      right[2 * j][1] = both[1];
      right[2 * j + 1][0] = both[2];
      right[2 * j + 1][1] = both[3];
    }
  }
}

SPC_DEVICE void multiply_stage(unsigned char *stage, const Warp &warp, Sums &sums) {
  SPC_UNROLL_1
  for (int first = 0; first < kDepth; first += kProduct) {
    Left left;
    Right right;
    load_factors(stage, warp, first, left, right);
    SPC_UNROLL
    for (int i = 0; i < kWarpRows / 16; ++i) {
      SPC_UNROLL
      for (int j = 0; j < kWarpColumns / 8; ++j) multiply_tile(sums[i][j], left[i], right[j], T{});
    }
  }
}

SPC_DEVICE void multiply_pairs(Input &input, Grad &grad, int64_t begin, int64_t end, unsigned char *stages,
                               const Warp &warp, Sums &sums) {
  int64_t next = begin;
  const auto look_ahead = [&]() {
    input.look_ahead(next, end);
    grad.look_ahead(next, end);
  };
  const auto load = [&](int stage) {
    if (next < end) {
      input.load(stages + stage * kStageBytes);
      grad.load(stages + stage * kStageBytes + Input::kBytes);
      next += kDepth;
      look_ahead();
    }
    commit_copies();
  };
  look_ahead();
  SPC_UNROLL
  for (int stage = 0; stage < kStages - 1; ++stage) load(stage);
  int stage = 0;
  for (int64_t pair = begin; pair < end; pair += kDepth) {
    wait_for_copies<kStages - 2>();
    // Now all threads' copies of this step are there, and nobody reads the step before any more.
    __syncthreads();
    load((stage + kStages - 1) % kStages);
    multiply_stage(stages + stage * kStageBytes, warp, sums);
    stage = (stage + 1) % kStages;
  }
  wait_for_copies<0>();
  __syncthreads();
}

SPC_DEVICE void store_sums(const OuterJob &job, const Block &block, const Warp &warp, const Sums &sums,
                           float *partial) {
  const int64_t columns = static_cast<int64_t>(job.groups) * job.out;
  SPC_UNROLL
  for (int i = 0; i < kWarpRows / 16; ++i) {
    SPC_UNROLL
    for (int j = 0; j < kWarpColumns / 8; ++j) {
      SPC_UNROLL
      for (int k = 0; k < 4; ++k) {
        const int row = block.first_in + warp.row + i * 16 + warp.lane / 4 + k / 2 * 8;
        const int column = block.first_out + warp.column + j * 8 + warp.lane % 4 * 2 + k % 2;
        if (row < job.in && column < job.out) {
          partial[row * columns + static_cast<int64_t>(block.group) * job.out + column] = sums[i][j][k];
        }
      }
    }
  }
}

#endif

SPC_KERNEL(kThreads, multiply_rows, OuterJob job) {
#if HAS_TENSOR_CORES
  SPC_DYNAMIC_SHARED(unsigned char, stages);
  const Block block = block_of(job);
  const Warp warp = this_warp();
  Input input{static_cast<const T *>(job.input) + block.group * job.input_group + block.first_in, job.from,
              job.input_step, job.in - block.first_in};
  Grad grad{static_cast<const T *>(job.grad) + block.group * job.grad_group + block.first_out, job.to, job.grad_step,
            job.out - block.first_out};
  const int64_t first = block.slice * job.slice, last = min(first + job.slice, job.pairs);
  for (int tap = tap_of_pair(job, first); tap < job.taps && job.starts[tap] < last; ++tap) {
    const int64_t begin = max(first, job.starts[tap]), end = min(last, job.starts[tap + 1]);
    if (begin >= end) continue;
    Sums sums = {};
    multiply_pairs(input, grad, begin, end, stages, warp, sums);
    store_sums(job, block, warp, sums, static_cast<float *>(job.partial) + (block.slice + tap) * job.matrix);
  }
#endif
}

#undef HAS_TENSOR_CORES
