#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace spc {

// An array that is not cleared on allocation.
template <class T>
using Array = std::unique_ptr<T[]>;
template <class T>
Array<T> make_array(int64_t count) {
  return std::make_unique_for_overwrite<T[]>(static_cast<std::size_t>(count));
}

}  // namespace spc
