#pragma once

#include <cstdint>
#include <memory>

#include "parallel.h"

namespace spc {

struct Item {
  uint64_t key;
  uint64_t value;
};

// An array that is not cleared on allocation.
template <class T>
using Array = std::unique_ptr<T[]>;
template <class T>
Array<T> make_array(int64_t count) {
  return std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
}

// Sorts by key, stably; keys have `bits` significant bits.
void radix_sort(const Team &team, Array<Item> &items, int64_t count, int bits);

}  // namespace spc
