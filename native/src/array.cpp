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
constexpr std::size_t kMostKept = std::size_t{1} << 25;   // bytes, of all chunks that wait
constexpr std::size_t kLarge = std::size_t{1} << 24;      // worth large pages: more than is kept
constexpr std::align_val_t kAlignment{64};

// The size of a chunk: arrays that differ by less than an eighth share one.
std::size_t chunk_bytes(std::size_t bytes) {
  if (bytes < kLeastKept) return bytes;
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

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
    if (bytes > kMostKept / 2) return ::operator delete(memory, kAlignment);
    const std::lock_guard lock(mutex_);
    while (count_ == kMostChunks || kept_ + bytes > kMostKept) {
      ASAN_UNPOISON_MEMORY_REGION(chunks_[0].memory, chunks_[0].bytes);
      ::operator delete(chunks_[0].memory, kAlignment);
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
  return ::operator new(size, kAlignment);
}

void give_memory(void *memory, std::size_t bytes) noexcept {
  const std::size_t size = chunk_bytes(bytes);
  if (size < kLeastKept) return ::operator delete(memory, kAlignment);
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
