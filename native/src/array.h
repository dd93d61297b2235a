#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace spc {

// Memory for large arrays. When an array is freed, its memory is kept for the next one, up to a bound: new pages from
// the system would cost more time than a map or a rulebook computes in them. It is aligned to cache lines.
void *take_memory(std::size_t bytes);
void give_memory(void *memory, std::size_t bytes) noexcept;
// Asks the system for large pages where they pay.
void prefer_large_pages(void *memory, std::size_t bytes) noexcept;

struct GiveMemory {
  std::size_t bytes = 0;
  template <class T>
  void operator()(T *values) const noexcept {
    static_assert(std::is_trivially_destructible_v<T>);
    give_memory(values, bytes);
  }
};

// An array whose elements are not initialised.
template <class T>
using Array = std::unique_ptr<T[], GiveMemory>;
template <class T>
Array<T> make_array(int64_t count) {
  static_assert(std::is_trivially_destructible_v<T>);
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(T);
  Array<T> array(static_cast<T *>(take_memory(bytes)), GiveMemory{bytes});
  prefer_large_pages(array.get(), bytes);
  return array;
}

// An allocator for vectors in such memory.
template <class T>
struct Pooled {
  using value_type = T;
  Pooled() = default;
  template <class U>
  Pooled(const Pooled<U> &) {}
  T *allocate(std::size_t count) { return static_cast<T *>(take_memory(count * sizeof(T))); }
  void deallocate(T *values, std::size_t count) noexcept { give_memory(values, count * sizeof(T)); }
  template <class U>
  bool operator==(const Pooled<U> &) const {
    return true;
  }
};
template <class T>
using PooledVector = std::vector<T, Pooled<T>>;

}  // namespace spc
