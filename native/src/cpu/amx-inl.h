// Products of bfloat16 numbers in AMX tiles, for gemm_amx.cpp. The rules of gemm-inl.h hold here, too.
// Written from the documentation of the instructions and tested by emulation: no machine with AMX has run it yet.
//
// An AMX tile has 16 rows of 64 bytes. In the left factor a row holds 32 numbers along the sum. In the right factor a
// row holds a pair of numbers for each of 16 columns, so that 16 rows are 32 steps along the sum. In the result a row
// holds 16 sums. All tiles are full: where a matrix has fewer rows, columns or steps, the rest is zeros, or rows that
// nothing reads.
#pragma once

#include <immintrin.h>

#include "cpu/gemm-inl.h"

namespace spc {
namespace {

constexpr int64_t kAmxSide = 16;                    // rows, and columns of sums or pairs
constexpr int64_t kAmxPairs = kAmxSide * kAmxSide;  // in a tile
constexpr int64_t kAmxLanes = kVectors * kAmxSide;  // columns of two tiles side by side
static_assert(kAmxDepth == 2 * kAmxSide && kMostRows == 2 * kAmxSide && kAmxSide == kLaneBytes / 4);

struct alignas(64) AmxConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
constexpr AmxConfig kAmxConfig = {1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

// Makes the compiler write to memory before an AMX load: it does not know what memory the instruction reads.
inline void finish_writing() {
  asm volatile("" ::: "memory");
}

void begin_tiles() {
  _tile_loadconfig(&kAmxConfig);
}
void end_tiles() {
  _tile_release();
}

inline int64_t tiles_of(int64_t count) {
  return (count + kAmxSide - 1) / kAmxSide;
}
inline int64_t steps_of(int64_t count) {
  return (count + kAmxDepth - 1) / kAmxDepth;
}

struct Factors {
  const BFloat16 *left;
  int64_t left_row, left_step, left_tile;  // numbers from one row, one step along the sum, one tile of rows to the next
  const Pair *right;                       // [steps, 16, columns]
  int64_t steps;
};

// Tiles 0 to 3 are M by V tiles of sums; 4 and 5 take the left factor, 6 and 7 the right one.
template <int M, int V>
inline void add_products(const Factors &factors) {
  constexpr int64_t kRightRow = V * kAmxSide * static_cast<int64_t>(sizeof(Pair));
  const int64_t left_row = factors.left_row * static_cast<int64_t>(sizeof(BFloat16));
  const BFloat16 *left = factors.left;
  const Pair *right = factors.right;
  for (int64_t step = 0; step < factors.steps; ++step) {
    _tile_loadd(6, right, kRightRow);
    _tile_loadd(4, left, left_row);
    _tile_dpbf16ps(0, 4, 6);
    if constexpr (V == 2) {
      _tile_loadd(7, right + kAmxSide, kRightRow);
      _tile_dpbf16ps(1, 4, 7);
    }
    if constexpr (M == 2) {
      _tile_loadd(5, left + factors.left_tile, left_row);
      _tile_dpbf16ps(2, 5, 6);
      if constexpr (V == 2) _tile_dpbf16ps(3, 5, 7);
    }
    left += factors.left_step;
    right += V * kAmxPairs;
  }
}

template <int M, int V>
inline void load_sums(const float *sums, int64_t row) {
  const int64_t bytes = row * static_cast<int64_t>(sizeof(float));
  _tile_loadd(0, sums, bytes);
  if constexpr (V == 2) _tile_loadd(1, sums + kAmxSide, bytes);
  if constexpr (M == 2) _tile_loadd(2, sums + kAmxSide * row, bytes);
  if constexpr (M == 2 && V == 2) _tile_loadd(3, sums + kAmxSide * row + kAmxSide, bytes);
}

template <int M, int V>
inline void store_sums(float *sums, int64_t row) {
  const int64_t bytes = row * static_cast<int64_t>(sizeof(float));
  _tile_stored(0, sums, bytes);
  if constexpr (V == 2) _tile_stored(1, sums + kAmxSide, bytes);
  if constexpr (M == 2) _tile_stored(2, sums + kAmxSide * row, bytes);
  if constexpr (M == 2 && V == 2) _tile_stored(3, sums + kAmxSide * row + kAmxSide, bytes);
}

// products = left * right, from zero.
template <int M, int V>
void multiply_tiles(const Factors &factors, float *products) {
  finish_writing();
  _tile_zero(0);
  if constexpr (V == 2) _tile_zero(1);
  if constexpr (M == 2) _tile_zero(2);
  if constexpr (M == 2 && V == 2) _tile_zero(3);
  add_products<M, V>(factors);
  store_sums<M, V>(products, V * kAmxSide);
}

// sums += left * right, rows of sums `row` numbers apart.
template <int M, int V>
void accumulate_tiles(const Factors &factors, float *sums, int64_t row) {
  finish_writing();
  load_sums<M, V>(sums, row);
  add_products<M, V>(factors);
  store_sums<M, V>(sums, row);
}

// By tiles of rows - 1 and tiles of columns - 1.
using MultiplyTiles = void (*)(const Factors &, float *);
constexpr MultiplyTiles kMultiplyTiles[][kVectors] = {{multiply_tiles<1, 1>, multiply_tiles<1, 2>},
                                                      {multiply_tiles<2, 1>, multiply_tiles<2, 2>}};
using AccumulateTiles = void (*)(const Factors &, float *, int64_t);
constexpr AccumulateTiles kAccumulateTiles[][kVectors] = {{accumulate_tiles<1, 1>, accumulate_tiles<1, 2>},
                                                          {accumulate_tiles<2, 1>, accumulate_tiles<2, 2>}};

typedef uint16_t Octet __attribute__((vector_size(16)));
typedef uint16_t Numbers __attribute__((vector_size(32)));
typedef uint16_t Halves __attribute__((vector_size(64)));
typedef uint32_t Words __attribute__((vector_size(64)));
typedef uint64_t Quads __attribute__((vector_size(64)));

// A vector at any address.
template <class V>
struct __attribute__((packed, may_alias)) Unaligned {
  V value;
};
template <class V>
inline V read(const void *from) {
  return static_cast<const Unaligned<V> *>(from)->value;
}
template <class V>
inline void write(void *to, V value) {
  static_cast<Unaligned<V> *>(to)->value = value;
}

// The next numbers of a row that has `left` more, then zeros.
template <class V>
inline V take(const BFloat16 *row, int64_t left) {
  constexpr int64_t kCount = sizeof(V) / sizeof(BFloat16);
  if (left >= kCount) return read<V>(row);
  V result{};
#if defined(__AVX512BW__) && defined(__AVX512VL__)
  const auto mask = static_cast<uint16_t>(left > 0 ? (1u << left) - 1 : 0);
  if constexpr (kCount == 8) {
    result = reinterpret_cast<V>(_mm_maskz_loadu_epi16(static_cast<uint8_t>(mask), row));
  } else {
    result = reinterpret_cast<V>(_mm256_maskz_loadu_epi16(mask, row));
  }
#else
  for (int64_t n = 0; n < left; ++n) result[n] = row[n].bits;
#endif
  return result;
}

inline Words widened(Numbers numbers) {
#if defined(__AVX512F__)
  return reinterpret_cast<Words>(_mm512_maskz_cvtepu16_epi32(0xffff, reinterpret_cast<__m256i>(numbers)));
#else
  return __builtin_convertvector(numbers, Words);
#endif
}

void accumulate_in_tiles(const Accumulate<BFloat16> &job) {
  const int64_t vectors = vectors_of<float>(job.out), panels = (vectors + kVectors - 1) / kVectors;
  const int64_t lines = cache_lines_of<BFloat16>(job.in), steps = steps_of(job.in), width = steps * kAmxDepth;
  const auto input_row = [&](int64_t i) { return job.input + row_at(job.input_rows, job.from[i]) * job.input_step; };
  BFloat16 *const laid = reinterpret_cast<BFloat16 *>(job.scratch);
  alignas(64) float products[kMostRows * kAmxLanes];
  const BFloat16 *next[kMostRows];
  int64_t rows = job.count < kMostRows ? job.count : kMostRows;
  for (int64_t m = 0; m < rows; ++m) next[m] = input_row(m);
  for (int64_t i = 0; i < job.count;) {
    for (int64_t m = 0; m < rows; ++m) {
      for (int64_t k = 0; k < width; k += kAmxSide) {
        write(laid + m * width + k, take<Numbers>(next[m] + k, job.in - k));
      }
    }
    const int64_t left = job.count - i - rows, rows_next = left < kMostRows ? left : kMostRows;
    for (int64_t m = 0; m < rows_next; ++m) next[m] = input_row(i + rows + m);
    Factors factors{laid, width, kAmxDepth, kAmxSide * width, reinterpret_cast<const Pair *>(job.weight), steps};
    for (int64_t panel = 0; panel < panels; ++panel) {
      // As in gemm-inl.h: the rows of the next tile are on their way while this one is computed.
      for (int64_t m = 0; m < rows_next; ++m) {
        prefetch_row(next[m], lines * panel / panels, lines * (panel + 1) / panels);
      }
      const int64_t rest = vectors - panel * kVectors, wide = rest < kVectors ? rest : kVectors;
      kMultiplyTiles[rows > kAmxSide][wide - 1](factors, products);
      factors.right += steps * wide * kAmxPairs;
      for (int64_t m = 0; m < rows; ++m) {
        float *const sums = job.sums + (job.to[i + m] - job.to_first) * job.padded + panel * kAmxLanes;
        const float *const product = products + m * wide * kAmxSide;
        for (int64_t n = 0; n < wide * kAmxSide; n += kAmxSide) store(sums + n, load(sums + n) + load(product + n));
      }
    }
    i += rows;
    rows = rows_next;
  }
}

template <int... I>
struct Indices {};

// Where element i of two vectors' interleaved low (0) or high (1) halves comes from, lane by lane of `lane` elements;
// those of the second vector count on from `count`.
constexpr int interleaved(int i, int lane, int half, int count) {
  return i / lane * lane + half * lane / 2 + i % lane / 2 + i % 2 * count;
}

template <int Half, class V, int... I>
inline V interleave(V first, V second, Indices<I...>) {
  constexpr int kCount = sizeof...(I);
  return __builtin_shufflevector(first, second, interleaved(I, kCount / 4, Half, kCount)...);
}

// The left factor of the gradient of weights is transposed: a step is laid by octets of channels, [octet][8][4][8],
// with row k at [k % 8][k / 8], so that the lanes of a vector are rows that end up side by side.
inline void lay_octets(const BFloat16 *row, int64_t columns, int64_t octets, int64_t k, BFloat16 *step) {
  for (int64_t o = 0; o < octets; ++o) {
    write(step + ((o * 8 + k % 8) * 4 + k / 8) * 8, take<Octet>(row + o * 8, columns - o * 8));
  }
}

// One octet to eight rows of a tile.
inline void transpose_octet(const BFloat16 *octet, Pair *tile) {
  constexpr Indices<0, 1, 2, 3, 4, 5, 6, 7> kQuads;
  constexpr Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15> kWords;
  constexpr Indices<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                    27, 28, 29, 30, 31>
      kHalves;
  Words pairs[2][4];  // lane j of [half][r]: four channels of pair 4 j + r
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) {
    const Halves even = read<Halves>(octet + 2 * r * kAmxDepth), odd = read<Halves>(octet + (2 * r + 1) * kAmxDepth);
    pairs[0][r] = reinterpret_cast<Words>(interleave<0>(even, odd, kHalves));
    pairs[1][r] = reinterpret_cast<Words>(interleave<1>(even, odd, kHalves));
  }
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const Words *const p = pairs[half];
    const Quads low = reinterpret_cast<Quads>(interleave<0>(p[0], p[1], kWords));
    const Quads low_rest = reinterpret_cast<Quads>(interleave<0>(p[2], p[3], kWords));
    const Quads high = reinterpret_cast<Quads>(interleave<1>(p[0], p[1], kWords));
    const Quads high_rest = reinterpret_cast<Quads>(interleave<1>(p[2], p[3], kWords));
    Pair *const to = tile + 4 * half * kAmxSide;
    write(to, interleave<0>(low, low_rest, kQuads));
    write(to + kAmxSide, interleave<1>(low, low_rest, kQuads));
    write(to + 2 * kAmxSide, interleave<0>(high, high_rest, kQuads));
    write(to + 3 * kAmxSide, interleave<1>(high, high_rest, kQuads));
  }
}

// Two rows joined by column, as row `k` of panels of two tiles (one, the last) with `depth` rows.
inline void lay_pairs(const BFloat16 *even, int64_t even_columns, const BFloat16 *odd, int64_t odd_columns,
                      int64_t vectors, int64_t depth, int64_t k, Pair *panels) {
  for (int64_t panel = 0; panel < vectors; panel += kVectors) {
    const int64_t wide = vectors - panel < kVectors ? vectors - panel : kVectors;
    Pair *const to = panels + (panel * depth + k * wide) * kAmxSide;
    for (int64_t v = 0; v < wide; ++v) {
      const int64_t n = (panel + v) * kAmxSide;
      write(to + v * kAmxSide, widened(take<Numbers>(even + n, even_columns - n)) |
                                   widened(take<Numbers>(odd + n, odd_columns - n)) << 16);
    }
  }
}

// sums += left * right for the last rows of sums, which are no whole tile.
void accumulate_rest(const Factors &factors, int64_t rows, int64_t wide, float *sums, int64_t row) {
  alignas(64) float whole[kAmxSide * kAmxLanes] = {};
  const int64_t columns = wide * kAmxSide;
  for (int64_t m = 0; m < rows; ++m) {
    for (int64_t n = 0; n < columns; n += kAmxSide) store(whole + m * columns + n, load(sums + m * row + n));
  }
  kAccumulateTiles[0][wide - 1](factors, whole, columns);
  for (int64_t m = 0; m < rows; ++m) {
    for (int64_t n = 0; n < columns; n += kAmxSide) store(sums + m * row + n, load(whole + m * columns + n));
  }
}

// The rows of pairs as outer_in_tiles reads them.
struct OuterFactors {
  BFloat16 *octets;  // [octets of one step]
  Pair *left;        // [tiles of input channels, steps, tile]
  Pair *right;       // [panels, steps, 16, columns of the panel]
};

// Asks for the rows of pair `i`, which may be one of the next call's.
inline void prefetch_pair(const Outer<BFloat16> &job, int64_t i) {
  const int64_t next = i - job.count;
  if (next >= job.next_count) return;
  const int32_t from = next < 0 ? job.from[i] : job.next_from[next], to = next < 0 ? job.to[i] : job.next_to[next];
  prefetch_row(job.input + row_at(job.input_rows, from) * job.input_step, 0, cache_lines_of<BFloat16>(job.in));
  prefetch_row(job.grad + row_at(job.grad_rows, to) * job.grad_step, 0, cache_lines_of<BFloat16>(job.out));
}

// Lays pairs [first, last), and zeros up to a whole step, and transposes what belongs to the left factor.
void lay_outer(const Outer<BFloat16> &job, int64_t first, int64_t last, const OuterFactors &to) {
  const int64_t steps = steps_of(last - first), tiles = tiles_of(job.in), vectors = vectors_of<float>(job.out);
  const auto input_row = [&](int64_t i) { return job.input + row_at(job.input_rows, job.from[i]) * job.input_step; };
  const auto grad_row = [&](int64_t i) { return job.grad + row_at(job.grad_rows, job.to[i]) * job.grad_step; };
  for (int64_t step = 0; step < steps; ++step) {
    for (int64_t k = 0; k < kAmxDepth; k += 2) {
      const int64_t i = first + step * kAmxDepth + k;
      prefetch_pair(job, i + kAmxDepth);
      prefetch_pair(job, i + kAmxDepth + 1);
      const bool one = i < last, two = i + 1 < last;
      const int64_t even = one ? i : first, odd = two ? i + 1 : first;
      lay_octets(input_row(even), one ? job.in : 0, 2 * tiles, k, to.octets);
      lay_octets(input_row(odd), two ? job.in : 0, 2 * tiles, k + 1, to.octets);
      lay_pairs(grad_row(even), one ? job.out : 0, grad_row(odd), two ? job.out : 0, vectors, steps * kAmxSide,
                step * kAmxSide + k / 2, to.right);
    }
    for (int64_t o = 0; o < 2 * tiles; ++o) {
      Pair *const tile = to.left + (o / 2 * steps + step) * kAmxPairs;
      transpose_octet(to.octets + o * 8 * kAmxDepth, tile + o % 2 * 8 * kAmxSide);
    }
  }
}

void outer_in_tiles(const Outer<BFloat16> &job) {
  const int64_t tiles = tiles_of(job.in), vectors = vectors_of<float>(job.out), whole = job.in / kAmxSide;
  BFloat16 *const scratch = reinterpret_cast<BFloat16 *>(job.scratch);
  BFloat16 *const left = scratch + kAmxDepth * tiles * kAmxSide;
  BFloat16 *const right = left + job.at_once * tiles * kAmxSide;
  const OuterFactors laid{scratch, reinterpret_cast<Pair *>(left), reinterpret_cast<Pair *>(right)};
  for (int64_t first = 0; first < job.count; first += job.at_once) {
    const int64_t last = job.count - first < job.at_once ? job.count : first + job.at_once;
    const int64_t tile_row = steps_of(last - first) * kAmxPairs;
    lay_outer(job, first, last, laid);
    Factors factors{left, kAmxDepth, 2 * kAmxPairs, 2 * tile_row, laid.right, steps_of(last - first)};
    for (int64_t v = 0; v < vectors; v += kVectors, factors.right += kVectors * tile_row) {
      const int64_t wide = vectors - v < kVectors ? vectors - v : kVectors;
      const auto sums_at = [&](int64_t m) { return job.sums + m * kAmxSide * job.padded + v * kAmxSide; };
      for (int64_t m = 0; m < whole; m += 2) {
        factors.left = left + 2 * m * tile_row;
        kAccumulateTiles[m + 1 < whole][wide - 1](factors, sums_at(m), job.padded);
      }
      if (whole == tiles) continue;
      factors.left = left + 2 * whole * tile_row;
      accumulate_rest(factors, job.in - whole * kAmxSide, wide, sums_at(whole), job.padded);
    }
  }
}

template <class W>
void pack_for_tiles(const Pack<BFloat16, W> &job) {
  pack_rows<Pair>(job, steps_of(job.in) * kAmxSide);
}

constexpr LoopsOf<BFloat16> make_amx_loops() {
  LoopsOf<BFloat16> loops = make_loops<BFloat16>();
  loops.begin = begin_tiles;
  loops.end = end_tiles;
  loops.accumulate = accumulate_in_tiles;
  loops.outer = outer_in_tiles;
  loops.pack = pack_for_tiles<BFloat16>;
  loops.pack_sums = pack_for_tiles<float>;
  return loops;
}

}  // namespace
}  // namespace spc
