// Finds the blocks of one slab of a level by their place in it. A walk over the other level leads to ascending slabs,
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

  // Enters the blocks in words [low, high) of the slab with this first key; those entered before stay.
  void enter(uint64_t slab, int64_t low, int64_t high);

  // The block of each word, -1 where none is entered and at the end; null where a slab is too large for a table.
  const int32_t *table() const { return table_.empty() ? nullptr : table_.data(); }

  // The block of a word or -1, for slabs without a table. Start with cursor 0 and search for ascending words.
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
