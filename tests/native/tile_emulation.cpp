#include "tile_emulation.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// As the documentation of the instructions has it (palette 1: eight tiles of at most 16 rows of 64 bytes).
namespace tiles {
namespace {

constexpr int kTiles = 8, kMostRows = 16, kMostBytes = 64;

struct Config {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
static_assert(sizeof(Config) == 64);

struct State {
  bool configured;
  Config config;
  alignas(64) char tiles[kTiles][kMostRows][kMostBytes];
};
thread_local State state{};
std::atomic<int64_t> threads_holding{0}, products_made{0};

void require(bool allowed, const char *what) {
  if (allowed) return;
  std::fprintf(stderr, "tile instruction would fault: %s\n", what);
  std::abort();
}

int rows_of(int tile) {
  require(state.configured, "tiles are not configured");
  require(tile >= 0 && tile < kTiles && state.config.rows[tile] > 0, "the tile has no shape");
  return state.config.rows[tile];
}

int bytes_of(int tile) {
  rows_of(tile);
  return state.config.row_bytes[tile];
}

float number_at(const char *place) {
  uint16_t bits;
  std::memcpy(&bits, place, sizeof bits);
  return __builtin_bit_cast(float, static_cast<uint32_t>(bits) << 16);
}

// One row of sums. Even and odd products are added up apart, from zero, then to each other, then to the sum. Products
// of two bfloat16 numbers are exact in float32, so that a product and a sum are what a fused step gives, except where
// the product alone is below the normal numbers: then it is flushed before, not after, it is added.
[[gnu::noinline]] void add_row(float *sums, int columns, const char *left, int pairs, const char (*right)[kMostBytes]) {
  float even[kMostBytes / 4] = {}, odd[kMostBytes / 4] = {};
  for (int k = 0; k < pairs; ++k) {
    const float low = number_at(left + 4 * k), high = number_at(left + 4 * k + 2);
    for (int n = 0; n < columns; ++n) {
      even[n] += low * number_at(right[k] + 4 * n);
      odd[n] += high * number_at(right[k] + 4 * n + 2);
    }
  }
  for (int n = 0; n < columns; ++n) sums[n] += even[n] + odd[n];
}

}  // namespace

void load_config(const void *config) {
  Config next;
  std::memcpy(&next, config, sizeof next);
  require(next.palette == 1 && next.start_row == 0, "the palette or the first row");
  for (const uint8_t byte : next.reserved) require(byte == 0, "a reserved byte is not zero");
  for (int tile = 0; tile < 16; ++tile) {
    const int rows = next.rows[tile], bytes = next.row_bytes[tile];
    require(tile < kTiles || (rows == 0 && bytes == 0), "a tile beyond the eighth");
    require(rows <= kMostRows && bytes <= kMostBytes && (rows == 0) == (bytes == 0), "the shape of a tile");
  }
  if (!state.configured) ++threads_holding;
  state = State{true, next, {}};
}

void release() {
  if (state.configured) --threads_holding;
  state = State{};
}

void zero(int tile) {
  rows_of(tile);
  std::memset(state.tiles[tile], 0, sizeof state.tiles[tile]);
}

void load(int tile, const void *rows, int64_t row_bytes) {
  zero(tile);
  for (int row = 0; row < rows_of(tile); ++row) {
    std::memcpy(state.tiles[tile][row], static_cast<const char *>(rows) + row * row_bytes,
                static_cast<std::size_t>(bytes_of(tile)));
  }
}

void store(int tile, void *rows, int64_t row_bytes) {
  for (int row = 0; row < rows_of(tile); ++row) {
    std::memcpy(static_cast<char *>(rows) + row * row_bytes, state.tiles[tile][row],
                static_cast<std::size_t>(bytes_of(tile)));
  }
}

void add_products(int sums, int left, int right) {
  require(sums != left && sums != right && left != right, "one tile twice");
  require(rows_of(sums) == rows_of(left) && bytes_of(sums) == bytes_of(right), "shapes of sums and factors");
  require(bytes_of(left) == 4 * rows_of(right) && bytes_of(right) % 4 == 0, "shapes of the factors");
  ++products_made;
  // Whatever the caller's mode: to nearest even, subnormal numbers are zero, nothing is trapped or reported.
  constexpr unsigned kRoundToNearest = 0x1f80, kFlushAndTakeForZero = 0x8040;
  const unsigned mode = _mm_getcsr();
  _mm_setcsr(kRoundToNearest | kFlushAndTakeForZero);
  for (int row = 0; row < rows_of(sums); ++row) {
    float values[kMostBytes / 4];
    std::memcpy(values, state.tiles[sums][row], sizeof values);
    add_row(values, bytes_of(sums) / 4, state.tiles[left][row], bytes_of(left) / 4, state.tiles[right]);
    std::memcpy(state.tiles[sums][row], values, sizeof values);
  }
  _mm_setcsr(mode);
}

int64_t holding() {
  return threads_holding;
}

int64_t products() {
  return products_made;
}

}  // namespace tiles
