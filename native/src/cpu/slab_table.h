// The blocks of one slab of a level by their place in it. What leads there ascends with the walk over the other side,
// so slabs are entered one after the other and nothing is hashed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"
#include "parallel.h"

namespace spc {

class SlabTable {
 public:
  explicit SlabTable(const Sites &sites)
      : sites_(sites), words_(static_cast<int64_t>(sites.box.weights[std::max(sites.box.last() - 2, 0)])) {
    if (words_ <= kMostTableWords) table_.assign(static_cast<std::size_t>(words_) + 1, -1);
  }

  int64_t words() const { return words_; }  // of a slab, empty ones too

  // Enters the blocks of a slab, by its first key, in words [low, high), beside those of it that are entered.
  void enter(uint64_t slab, int64_t low, int64_t high);

  // By word, -1 where no block is entered and at the end; null where a slab is too large for a table.
  const int32_t *table() const { return table_.empty() ? nullptr : table_.data(); }

  // The block of a word or -1, where there is no table. `cursor` is 0 at first, and words ascend with it.
  int64_t search(int64_t word, int64_t &cursor) const {
    const uint64_t key = slab_ + static_cast<uint64_t>(word);
    cursor = sites_.seek(std::max(cursor, entered_.begin), key);
    return cursor < entered_.end && sites_.keys[cursor] == key ? cursor : -1;
  }

 private:
  static constexpr int64_t kMostTableWords = int64_t{1} << 20;

  const Sites &sites_;
  int64_t words_;
  uint64_t slab_ = 0;
  Range entered_{0, 0};
  PooledVector<int32_t> table_;
};

}  // namespace spc
