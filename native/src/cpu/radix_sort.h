#pragma once

#include <cstdint>

#include "array.h"
#include "parallel.h"

namespace spc {

struct Item {
  uint64_t key;
  uint64_t value;
};

// Sorts by key, stably; keys have `bits` significant bits.
void radix_sort(const Team &team, Array<Item> &items, int64_t count, int bits);

}  // namespace spc
