#include "cpu/radix_sort.h"

#include <algorithm>
#include <vector>

namespace spc {
namespace {

constexpr int kMostDigitBits = 11;
constexpr int64_t kPartItems = 16384;
constexpr int64_t kSmall = 512;

bool is_sorted(const Item *items, int64_t count) {
  return std::is_sorted(items, items + count, [](const Item &a, const Item &b) { return a.key < b.key; });
}

// One pass of a least-significant-digit sort. Each part counts its digits, then scatters from where the parts before
// it will end: so the pass is stable however many parts there are.
void sort_by_digit(const Team &team, const Item *from, Item *to, int64_t count, int shift, int bits, int64_t parts,
                   std::vector<int64_t> &starts) {
  const int64_t digits = int64_t{1} << bits;
  const uint64_t mask = static_cast<uint64_t>(digits - 1);
  starts.assign(static_cast<std::size_t>(parts * digits), 0);
  parallel_for(team, parts, [&](int64_t part, int) {
    int64_t *const counts = starts.data() + part * digits;
    const auto [begin, end] = part_of(count, parts, part);
    for (int64_t i = begin; i < end; ++i) ++counts[(from[i].key >> shift) & mask];
  });
  int64_t sum = 0;
  for (int64_t digit = 0; digit < digits; ++digit) {
    for (int64_t part = 0; part < parts; ++part) {
      const int64_t here = starts[part * digits + digit];
      starts[part * digits + digit] = sum;
      sum += here;
    }
  }
  parallel_for(team, parts, [&](int64_t part, int) {
    int64_t *const next = starts.data() + part * digits;
    const auto [begin, end] = part_of(count, parts, part);
    for (int64_t i = begin; i < end; ++i) to[next[(from[i].key >> shift) & mask]++] = from[i];
  });
}

}  // namespace

void radix_sort(const Team &team, Array<Item> &items, int64_t count, int bits) {
  if (is_sorted(items.get(), count)) return;
  if (count <= kSmall) {
    std::stable_sort(items.get(), items.get() + count, [](const Item &a, const Item &b) { return a.key < b.key; });
    return;
  }
  Array<Item> other = make_array<Item>(count);
  const int64_t parts = std::clamp<int64_t>(count / kPartItems, 1, team.size());
  const int passes = std::max(1, (bits + kMostDigitBits - 1) / kMostDigitBits);
  const int digit_bits = (bits + passes - 1) / passes;
  std::vector<int64_t> starts;
  for (int pass = 0; pass < passes; ++pass) {
    sort_by_digit(team, items.get(), other.get(), count, pass * digit_bits, digit_bits, parts, starts);
    std::swap(items, other);
  }
}

}  // namespace spc
