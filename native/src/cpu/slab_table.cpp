#include "cpu/slab_table.h"

namespace spc {

void SlabTable::enter(uint64_t slab, int64_t low, int64_t high) {
  low = std::clamp<int64_t>(low, 0, words_), high = std::clamp<int64_t>(high, 0, words_);
  const uint64_t begin = slab + static_cast<uint64_t>(low), end = slab + static_cast<uint64_t>(high);
  const uint64_t *const keys = sites_.keys.get();
  int32_t *const table = table_.empty() ? nullptr : table_.data();
  if (slab != slab_ || entered_.begin == entered_.end) {
    if (table != nullptr) {
      for (int64_t block = entered_.begin; block < entered_.end; ++block) table[keys[block] - slab_] = -1;
    }
    entered_.begin = entered_.end = sites_.seek(slab >= slab_ ? entered_.end : 0, begin);
    slab_ = slab;
  }
  const auto put = [&](int64_t block) {
    if (table != nullptr) table[keys[block] - slab] = static_cast<int32_t>(block);
  };
  while (entered_.end < sites_.blocks && keys[entered_.end] < end) put(entered_.end++);
  while (entered_.begin > 0 && keys[entered_.begin - 1] >= begin) put(--entered_.begin);
}

}  // namespace spc
