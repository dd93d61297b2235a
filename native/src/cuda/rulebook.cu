// Rulebooks: pairs counted and filled by tap and chunk of coarse rows, and the taps that rows use. A thread has a row
// at a time, a warp finds places by votes of its 32 rows, a block has a chunk of rows at one tap after the other.
#include "sites.cuh"

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / 32;

namespace {

// The fine row that a tap leads to from a coarse row, or -1.
SPC_DEVICE int32_t look_up(const PairSearch &search, int64_t row, int64_t tap) {
  const Lattice &lattice = search.fine.lattice;
  const int32_t *const site = search.coarse + row * lattice.axes;
  const int64_t *const offset = search.offsets + tap * (kLatticeAxes - 1);
  uint64_t key = 0;
  bool inside = add_axis(lattice, 0, __ldg(site), key);
  SPC_UNROLL
  for (int axis = 1; axis < kLatticeAxes; ++axis) {
    if (axis >= lattice.axes) break;
    const int64_t value = search.stride[axis - 1] * __ldg(site + axis) + __ldg(offset + axis - 1);
    inside = add_axis(lattice, axis, value, key) && inside;
  }
  return inside ? find_row(search.fine, key) : -1;
}

}  // namespace

// x goes over chunks of rows, y over taps; a thread looks up a row. cells [taps, chunks]: pairs; table [taps, rows] may
// be null.
SPC_KERNEL(kThreads, find_pairs, PairSearch search, int32_t *table, int64_t *cells) {
  __shared__ int32_t found[kWarps];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int64_t begin = blockIdx.x * search.chunk_rows, end = min(begin + search.chunk_rows, search.rows);
  for (int64_t tap = blockIdx.y; tap < search.taps; tap += gridDim.y) {
    int32_t count = 0;
    for (int64_t row = begin + threadIdx.x; row < end; row += kThreads) {
      const int32_t fine = look_up(search, row, tap);
      if (table != nullptr) table[tap * search.rows + row] = fine;
      count += fine >= 0 ? 1 : 0;
    }
    SPC_UNROLL
    for (int by = 16; by > 0; by /= 2) count += __shfl_xor_sync(kAllLanes, count, by);
    if (lane == 0) found[warp] = count;
    __syncthreads();
    if (threadIdx.x == 0) {
      int64_t sum = 0;
      for (int w = 0; w < kWarps; ++w) sum += found[w];
      cells[tap * search.chunks + blockIdx.x] = sum;
    }
    __syncthreads();
  }
}

// starts [taps + 1] from cells that have become sums of those before, and their total.
SPC_KERNEL(kThreads, take_starts, const int64_t *cells, int64_t chunks, int64_t taps, const int64_t *total,
           int64_t *starts) {
  const int64_t tap = global_thread();
  if (tap <= taps) starts[tap] = tap < taps ? cells[tap * chunks] : *total;
}

// As find_pairs, with what that has found: cells say where each chunk's pairs begin. reverse [taps, fine_rows], -1
// before, may be null.
SPC_KERNEL(kThreads, fill_pairs, PairSearch search, const int32_t *table, const int64_t *cells, int32_t *fine_of_pair,
           int32_t *coarse_of_pair, int32_t *reverse, int64_t fine_rows) {
  __shared__ int32_t found[kWarps];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  const int64_t begin = blockIdx.x * search.chunk_rows, end = min(begin + search.chunk_rows, search.rows);
  for (int64_t tap = blockIdx.y; tap < search.taps; tap += gridDim.y) {
    int64_t to = cells[tap * search.chunks + blockIdx.x];
    for (int64_t first = begin; first < end; first += kThreads) {
      const int64_t row = first + threadIdx.x;
      int32_t fine = -1;
      if (row < end) fine = table != nullptr ? table[tap * search.rows + row] : look_up(search, row, tap);
      const uint32_t paired = __ballot_sync(kAllLanes, fine >= 0);
      if (lane == 0) found[warp] = __popc(paired);
      __syncthreads();
      int32_t before = __popc(paired & ((1u << lane) - 1)), all = 0;
      SPC_UNROLL
      for (int w = 0; w < kWarps; ++w) {
        before += w < warp ? found[w] : 0;
        all += found[w];
      }
      if (fine >= 0) {
        fine_of_pair[to + before] = fine;
        coarse_of_pair[to + before] = static_cast<int32_t>(row);
        if (reverse != nullptr) reverse[tap * fine_rows + fine] = static_cast<int32_t>(row);
      }
      to += all;
      __syncthreads();
    }
  }
}

// A thread reads the taps of a row. masks [words, rows]; keys [rows] are the masks, or of more than 32 taps a bit for
// each of 32 groups of them.
SPC_KERNEL(kThreads, mask_rows, const int32_t *table, int32_t taps, int64_t rows, uint32_t *masks, uint32_t *keys) {
  const int64_t row = global_thread();
  if (row >= rows) return;
  uint32_t key = 0;
  for (int32_t word = 0; word * 32 < taps; ++word) {
    uint32_t mask = 0;
    for (int32_t bit = 0; bit < 32 && word * 32 + bit < taps; ++bit) {
      const int32_t tap = word * 32 + bit;
      if (table[tap * rows + row] < 0) continue;
      mask |= 1u << bit;
      key |= 1u << (taps <= 32 ? tap : tap * 32 / taps);
    }
    masks[word * rows + row] = mask;
  }
  keys[row] = key;
}

// A warp joins the masks of 32 rows of the order: joined [ceil(rows / 32), words].
SPC_KERNEL(kThreads, join_masks, const uint32_t *masks, const int32_t *order, int64_t rows, int32_t words,
           uint32_t *joined) {
  const int64_t place = global_thread();
  const int64_t row = place < rows ? order[place] : -1;
  for (int32_t word = 0; word < words; ++word) {
    uint32_t mask = row >= 0 ? masks[word * rows + row] : 0;
    SPC_UNROLL
    for (int by = 16; by > 0; by /= 2) mask |= __shfl_xor_sync(kAllLanes, mask, by);
    if (threadIdx.x % 32 == 0 && row >= 0) joined[place / 32 * words + word] = mask;
  }
}

SPC_KERNEL(kThreads, widen_pairs, const int32_t *fine, const int32_t *coarse, int64_t count, int64_t *fine_out,
           int64_t *coarse_out) {
  const int64_t i = global_thread();
  if (i >= count) return;
  fine_out[i] = fine[i];
  coarse_out[i] = coarse[i];
}
