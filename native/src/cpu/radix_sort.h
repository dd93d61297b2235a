// A stable sort by integer keys, in parallel: the highest digit spreads items over buckets, and each bucket is sorted
// by the other digits, lowest first, while it is in cache.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "array.h"
#include "parallel.h"

namespace spc {

template <class T, class Make, class Key>
class RadixSort {
 public:
  RadixSort(const Team &team, int64_t count, int bits, const Make &make, const Key &key)
      : team_(team),
        count_(count),
        make_(make),
        key_(key),
        bucket_bits_(std::clamp<int>(std::bit_width(static_cast<uint64_t>(count / kBucketItems)), 0,
                                     std::min(bits, kMostBucketBits))),
        low_bits_(bits - bucket_bits_) {}

  Array<T> run() {
    Array<T> items = make_array<T>(count_);
    const int64_t parts = std::clamp<int64_t>(count_ / kPartItems, 1, team_.size());
    if (make_items(items.get(), parts)) return items;
    count(items.get(), parts);
    Array<T> other = make_array<T>(count_);
    scatter(items.get(), other.get(), parts);
    const int passes = (low_bits_ + kMostDigitBits - 1) / kMostDigitBits;
    const int64_t tasks = std::clamp<int64_t>(count_ / kBucketItems, 1, 4 * team_.size());
    const int64_t buckets = int64_t{1} << bucket_bits_;
    parallel_for(team_, tasks, [&](int64_t task, int) {
      const auto begin_of = [&](int64_t row) {
        return std::lower_bound(buckets_.begin(), buckets_.end(), row) - buckets_.begin();
      };
      const auto [begin, end] = part_of(count_, tasks, task);
      const int64_t last = end == count_ ? buckets : begin_of(end);
      for (int64_t bucket = begin_of(begin); bucket < last; ++bucket) {
        const int64_t first = buckets_[bucket];
        sort_bucket(other.get() + first, items.get() + first, buckets_[bucket + 1] - first, passes);
      }
    });
    return passes % 2 == 0 ? std::move(other) : std::move(items);
  }

 private:
  static constexpr int64_t kBucketItems = 2048;
  static constexpr int64_t kPartItems = 16384;
  static constexpr int64_t kFewItems = 24;
  static constexpr int kMostBucketBits = 11;
  static constexpr int kMostDigitBits = 9;
  static constexpr int kMostPasses = (64 + kMostDigitBits - 1) / kMostDigitBits;

  // Whether the items are in order already.
  bool make_items(T *items, int64_t parts) const {
    std::vector<char> ascends(static_cast<std::size_t>(parts), 1);
    parallel_for(team_, parts, [&](int64_t part, int) {
      const auto [begin, end] = part_of(count_, parts, part);
      uint64_t before = begin > 0 ? key_(make_(begin - 1)) : 0;
      bool ascending = true;
      for (int64_t i = begin; i < end; ++i) {
        items[i] = make_(i);
        const uint64_t key = key_(items[i]);
        ascending = ascending && before <= key;
        before = key;
      }
      ascends[part] = ascending ? 1 : 0;
    });
    return std::find(ascends.begin(), ascends.end(), 0) == ascends.end();
  }

  // Counts the items of each part's buckets with two counters in turns: neighbours are often in one bucket, and adding
  // to one counter twice in a row would wait for the first addition.
  void count(const T *items, int64_t parts) {
    const int64_t buckets = int64_t{1} << bucket_bits_;
    starts_.assign(static_cast<std::size_t>(2 * parts * buckets), 0);
    parallel_for(team_, parts, [&](int64_t part, int) {
      int64_t *const counts = starts_.data() + part * buckets, *const others = counts + parts * buckets;
      auto [i, end] = part_of(count_, parts, part);
      for (; i + 1 < end; i += 2) {
        ++counts[key_(items[i]) >> low_bits_];
        ++others[key_(items[i + 1]) >> low_bits_];
      }
      if (i < end) ++counts[key_(items[i]) >> low_bits_];
      for (int64_t bucket = 0; bucket < buckets; ++bucket) counts[bucket] += others[bucket];
    });
  }

  // Each part puts its items behind those of the parts before it, which is stable for any number of parts.
  void scatter(const T *from, T *to, int64_t parts) {
    const int64_t buckets = int64_t{1} << bucket_bits_;
    int64_t sum = 0;
    for (int64_t bucket = 0; bucket < buckets; ++bucket) {
      buckets_.push_back(sum);
      for (int64_t part = 0; part < parts; ++part) sum += std::exchange(starts_[part * buckets + bucket], sum);
    }
    buckets_.push_back(sum);
    parallel_for(team_, parts, [&](int64_t part, int) {
      int64_t *const next = starts_.data() + part * buckets;
      const auto [begin, end] = part_of(count_, parts, part);
      for (int64_t i = begin; i < end; ++i) to[next[key_(from[i]) >> low_bits_]++] = from[i];
    });
  }

  // The result is in `from` or in `to`, depending on the number of passes.
  void sort_bucket(T *from, T *to, int64_t count, int passes) const {
    if (count <= kFewItems) {
      for (int64_t i = 1; i < count; ++i) {
        const T item = from[i];
        int64_t j = i;
        for (; j > 0 && key_(from[j - 1]) > key_(item); --j) from[j] = from[j - 1];
        from[j] = item;
      }
      if (passes % 2 == 1) std::copy(from, from + count, to);
      return;
    }
    const int digit_bits = passes > 0 ? (low_bits_ + passes - 1) / passes : 0;
    const uint64_t digit_mask = (uint64_t{1} << digit_bits) - 1;
    std::array<std::array<int32_t, 1 << kMostDigitBits>, kMostPasses> next;
    for (int pass = 0; pass < passes; ++pass) std::fill_n(next[pass].begin(), digit_mask + 1, 0);
    for (int64_t i = 0; i < count; ++i) {
      uint64_t key = key_(from[i]);
      for (int pass = 0; pass < passes; ++pass, key >>= digit_bits) ++next[pass][key & digit_mask];
    }
    for (int pass = 0; pass < passes; ++pass) {
      int32_t sum = 0;
      for (uint64_t digit = 0; digit <= digit_mask; ++digit) sum += std::exchange(next[pass][digit], sum);
      const int shift = pass * digit_bits;
      for (int64_t i = 0; i < count; ++i) to[next[pass][key_(from[i]) >> shift & digit_mask]++] = from[i];
      std::swap(from, to);
    }
  }

  const Team &team_;
  int64_t count_;
  const Make make_;
  const Key key_;
  int bucket_bits_, low_bits_;
  std::vector<int64_t> starts_;   // [parts, buckets], twice
  std::vector<int64_t> buckets_;  // [buckets + 1]
};

// make(i) for 0 <= i < count, sorted stably by key(item), which has `bits` significant bits.
template <class T, class Make, class Key>
Array<T> radix_sort(const Team &team, int64_t count, int bits, const Make &make, const Key &key) {
  return RadixSort<T, Make, Key>(team, count, bits, make, key).run();
}

struct Item {
  uint64_t key;
  uint64_t value;
};

}  // namespace spc
