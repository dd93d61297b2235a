// The tile intrinsics of gemm_amx.cpp in plain C++, included before it, for machines without AMX. What the instructions
// would fault at ends the process.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace tiles {

void load_config(const void *config);
void release();
void zero(int tile);
void load(int tile, const void *rows, int64_t row_bytes);
void store(int tile, void *rows, int64_t row_bytes);
void add_products(int sums, int left, int right);

// Threads whose tiles are configured, and products that were asked for, so far.
int64_t holding();
int64_t products();

}  // namespace tiles

#undef _tile_loadd
#undef _tile_stored
#undef _tile_zero
#undef _tile_dpbf16ps
#define _tile_loadconfig tiles::load_config
#define _tile_release tiles::release
#define _tile_zero tiles::zero
#define _tile_loadd tiles::load
#define _tile_stored tiles::store
#define _tile_dpbf16ps tiles::add_products
