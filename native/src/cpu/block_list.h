// The blocks of a level, made part by part by sorting or by a LevelMaker, and how they become a map.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"
#include "parallel.h"

namespace spc {

struct Block {
  uint64_t key;
  uint64_t mask;
};

// Blocks with ascending keys.
struct BlockList {
  PooledVector<Block> blocks;
  int64_t rows = 0;

  void add(uint64_t key, uint64_t mask) {
    blocks.push_back({key, mask});
    rows += std::popcount(mask);
  }
};

// Joins lists whose keys ascend from one list to the next into the blocks of `sites`.
void join_blocks(const Team &team, const std::vector<BlockList> &lists, Sites &sites);

}  // namespace spc
