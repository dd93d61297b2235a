#include "cuda/radix_sort.h"

#include <algorithm>

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kDigits = 256;
constexpr int kDigitBits = 8;
constexpr int64_t kTile = 2048;  // keys of a block

template <class Key>
void sort(const Queue &queue, const char *macros, Buffer<Key> &keys, int bits, Buffer<int32_t> *places) {
  const int64_t count = keys.count();
  if (places != nullptr) *places = Buffer<int32_t>(queue, count);
  if (count == 0) return;
  Device &device = queue.device();
  const Grid tiles = cover(count, kTile);
  const Buffer<uint32_t> counts(queue, kDigits * tiles.x), totals(queue, kDigits);
  Buffer<Key> sorted(queue, count);
  Buffer<int32_t> before, after;
  if (places != nullptr) before = Buffer<int32_t>(queue, count), after = std::move(*places);
  // At least one pass, which writes the places.
  for (int shift = 0; shift == 0 || shift < bits; shift += kDigitBits) {
    launch(queue, device.kernel("radix_sort", macros, "count_digits"), tiles, kThreads, 0,
           static_cast<const Key *>(keys.data()), count, static_cast<int32_t>(shift), counts.data());
    launch(queue, device.kernel("radix_sort", macros, "sum_digits"), Grid{kDigits}, kThreads, 0, counts.data(), tiles.x,
           totals.data());
    launch(queue, device.kernel("radix_sort", macros, "move_items"), tiles, kThreads, 0,
           static_cast<const Key *>(keys.data()), static_cast<const int32_t *>(shift == 0 ? nullptr : before.data()),
           count, static_cast<int32_t>(shift), static_cast<const uint32_t *>(counts.data()),
           static_cast<const uint32_t *>(totals.data()), sorted.data(), after.data());
    std::swap(keys, sorted);
    std::swap(before, after);
  }
  if (places != nullptr) *places = std::move(before);
}

}  // namespace

void radix_sort(const Queue &queue, Buffer<uint32_t> &keys, int bits, Buffer<int32_t> *places) {
  sort(queue, "KEY=uint32_t", keys, bits, places);
}

void radix_sort(const Queue &queue, Buffer<uint64_t> &keys, int bits, Buffer<int32_t> *places) {
  sort(queue, "KEY=uint64_t", keys, bits, places);
}

}  // namespace spc::cuda
