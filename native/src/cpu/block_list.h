// Blocks of a level as they come out of sorting or of a kernel's reach, part by part, and how they become a map.
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

// Keys ascend.
struct BlockList {
  PooledVector<Block> blocks;
  int64_t rows = 0;

  void add(uint64_t key, uint64_t mask) {
    blocks.push_back({key, mask});
    rows += std::popcount(mask);
  }
};

// Lists whose keys ascend from one to the next become the blocks of `sites`.
void join_blocks(const Team &team, const std::vector<BlockList> &lists, Sites &sites);

}  // namespace spc
