#include "array.h"

#include <bit>
#include <mutex>

#if defined(__linux__)
#include <sys/mman.h>
#endif
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) static_cast<void>(0)
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) static_cast<void>(0)
#endif

namespace spc {
namespace {

constexpr std::size_t kLeastKept = std::size_t{1} << 16;  // below, the allocator keeps what is freed
constexpr std::size_t kMostKept = std::size_t{48} << 20;  // bytes, of all chunks that wait
constexpr std::size_t kLarge = std::size_t{1} << 22;      // worth large pages
constexpr std::size_t kLargePage = std::size_t{1} << 21;
constexpr std::align_val_t kAlignment{64};

// The size of a chunk: arrays that differ by less than an eighth share one.
std::size_t chunk_bytes(std::size_t bytes) {
  if (bytes < kLeastKept) return bytes;
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

// From the system, cleared, for what is large: a page of 2 MiB is cleared at once where 512 small ones fault one by
// one.
#if defined(__linux__)
void *allocate(std::size_t bytes) {
  if (bytes < kLarge) return ::operator new(bytes, kAlignment);
  void *const mapped = mmap(nullptr, bytes + kLargePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  const auto start = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t begin = (start + kLargePage - 1) / kLargePage * kLargePage, end = begin + bytes;
  if (begin > start) munmap(mapped, begin - start);
  if (start + kLargePage > begin) munmap(reinterpret_cast<void *>(end), start + kLargePage - begin);
  madvise(reinterpret_cast<void *>(begin), bytes, MADV_HUGEPAGE);
  return reinterpret_cast<void *>(begin);
}

void release(void *memory, std::size_t bytes) noexcept {
  if (bytes < kLarge) return ::operator delete(memory, kAlignment);
  munmap(memory, bytes);
}
#else
void *allocate(std::size_t bytes) {
  return ::operator new(bytes, kAlignment);
}

void release(void *memory, std::size_t) noexcept {
  ::operator delete(memory, kAlignment);
}
#endif

class Keeper {
 public:
  // Null where no chunk of that size is kept.
  void *take(std::size_t bytes) noexcept {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = count_; i > 0; --i) {
      if (chunks_[i - 1].bytes != bytes) continue;
      void *const memory = chunks_[i - 1].memory;
      remove(i - 1);
      ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
      return memory;
    }
    return nullptr;
  }

  // The oldest chunks make room.
  void give(void *memory, std::size_t bytes) noexcept {
    if (bytes > kMostKept / 2) return release(memory, bytes);
    const std::lock_guard lock(mutex_);
    while (count_ == kMostChunks || kept_ + bytes > kMostKept) {
      ASAN_UNPOISON_MEMORY_REGION(chunks_[0].memory, chunks_[0].bytes);
      release(chunks_[0].memory, chunks_[0].bytes);
      remove(0);
    }
    ASAN_POISON_MEMORY_REGION(memory, bytes);
    chunks_[count_++] = {memory, bytes};
    kept_ += bytes;
  }

 private:
  static constexpr std::size_t kMostChunks = 256;
  struct Chunk {
    void *memory;
    std::size_t bytes;
  };

  void remove(std::size_t index) noexcept {
    kept_ -= chunks_[index].bytes;
    for (--count_; index < count_; ++index) chunks_[index] = chunks_[index + 1];
  }

  std::mutex mutex_;
  std::size_t count_ = 0, kept_ = 0;
  Chunk chunks_[kMostChunks];  // the oldest first
};

// Never destroyed: objects may outlive the statics of this library.
Keeper &keeper() {
  static Keeper *const instance = new Keeper;
  return *instance;
}

}  // namespace

void *take_memory(std::size_t bytes) {
  const std::size_t size = chunk_bytes(bytes);
  if (size >= kLeastKept) {
    if (void *const memory = keeper().take(size)) return memory;
  }
  return allocate(size);
}

void give_memory(void *memory, std::size_t bytes) noexcept {
  const std::size_t size = chunk_bytes(bytes);
  if (size < kLeastKept) return release(memory, size);
  keeper().give(memory, size);
}

void prefer_large_pages(void *memory, std::size_t bytes) noexcept {
#if defined(__linux__)
  constexpr uintptr_t kPage = 4096;
  if (bytes < kLarge) return;
  const auto begin = (reinterpret_cast<uintptr_t>(memory) + kPage - 1) / kPage * kPage;
  madvise(reinterpret_cast<void *>(begin), reinterpret_cast<uintptr_t>(memory) + bytes - begin, MADV_HUGEPAGE);
#else
  static_cast<void>(memory), static_cast<void>(bytes);
#endif
}

}  // namespace spc
