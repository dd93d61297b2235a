// Memory that ends where a page begins which may not be touched. Whoever reads or writes past its end ends the program,
// with vector instructions too, of which sanitizers do not see those with a mask.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <vector>

namespace test {

template <class T>
struct GuardedMemory {
  using value_type = T;

  T *allocate(std::size_t count) {
    const std::size_t bytes = size_of(count);
    void *const start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) throw std::bad_alloc();
    char *const guard = static_cast<char *>(start) + bytes - page();
    if (mprotect(guard, page(), PROT_NONE) != 0) throw std::bad_alloc();
    return reinterpret_cast<T *>(guard) - count;
  }

  void deallocate(T *memory, std::size_t count) {
    const std::size_t bytes = size_of(count);
    munmap(reinterpret_cast<char *>(memory + count) + page() - bytes, bytes);
  }

  bool operator==(const GuardedMemory &) const = default;

 private:
  static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }
  static std::size_t size_of(std::size_t count) { return (count * sizeof(T) + page() - 1) / page() * page() + page(); }
};

template <class T>
using Guarded = std::vector<T, GuardedMemory<T>>;

}  // namespace test
