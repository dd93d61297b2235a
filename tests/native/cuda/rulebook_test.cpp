// Rulebooks of the CUDA engine: their pairs against the CPU engine's and the law, and the tables against the pairs.
#include "cuda/rulebook.h"

#include <algorithm>
#include <climits>
#include <numeric>

#include "cuda/radix_sort.h"
#include "device_sites.h"

namespace {

using oracle::Cloud;
using test::Queue;
using test::SitesPointer;
using namespace spc::cuda;

template <class T>
std::vector<T> read(const Queue &queue, const T *from, int64_t count) {
  std::vector<T> values(static_cast<std::size_t>(count));
  queue.copy(values.data(), from, count * static_cast<int64_t>(sizeof(T)));
  queue.synchronize();
  return values;
}

oracle::Pairs pairs_of(const Queue &queue, const Rulebook &rulebook, bool on_device) {
  oracle::Pairs pairs(static_cast<std::size_t>(rulebook.taps()));
  for (int64_t t = 0; t < rulebook.taps(); ++t) {
    const auto count = static_cast<std::size_t>(rulebook.count(t));
    test::Array<int64_t> fine(queue, std::vector<int64_t>(count, -77), on_device);
    test::Array<int64_t> coarse(queue, std::vector<int64_t>(count, -77), on_device);
    rulebook.write_pairs(queue, t, fine.data(), coarse.data());
    for (std::size_t i = 0; i < count; ++i) {
      pairs[static_cast<std::size_t>(t)].emplace_back(coarse.read()[i], fine.read()[i]);
    }
  }
  return pairs;
}

void expect_pairs(const Queue &queue, const Rulebook &rulebook, const oracle::Pairs &expected) {
  ASSERT_EQ(rulebook.taps(), std::ssize(expected));
  EXPECT_EQ(pairs_of(queue, rulebook, false), expected);
  std::vector<int64_t> starts = {0};
  std::vector<int32_t> fine, coarse;
  for (const auto &tap : expected) {
    starts.push_back(starts.back() + std::ssize(tap));
    for (const auto &[c, f] : tap) {
      coarse.push_back(static_cast<int32_t>(c));
      fine.push_back(static_cast<int32_t>(f));
    }
  }
  EXPECT_EQ(rulebook.pairs(), starts.back());
  EXPECT_EQ(read(queue, rulebook.device_starts(), rulebook.taps() + 1), starts);
  EXPECT_EQ(read(queue, rulebook.pair_rows(true), rulebook.pairs()), fine);
  EXPECT_EQ(read(queue, rulebook.pair_rows(false), rulebook.pairs()), coarse);
}

// What stands in a mask for sorting: bit t for tap t, or of many taps 32 groups.
uint32_t fold(const std::vector<bool> &used) {
  uint32_t key = 0;
  const std::size_t taps = used.size();
  for (std::size_t t = 0; t < taps; ++t) {
    if (used[t]) key |= 1u << (taps <= 32 ? t : t * 32 / taps);
  }
  return key;
}

void expect_side(const Queue &queue, const Rulebook &rulebook, int32_t direction, const oracle::Pairs &pairs) {
  const Side side = rulebook.written(direction);
  const int64_t taps = rulebook.taps(), rows = rulebook.rows_written(direction);
  ASSERT_EQ(side.rows, rows);
  if (taps > kMostTableTaps) {
    EXPECT_EQ(side.table, nullptr);
    EXPECT_EQ(side.order, nullptr);
    return;
  }
  std::vector<int32_t> table(static_cast<std::size_t>(taps * rows), -1);
  std::vector<std::vector<bool>> used(static_cast<std::size_t>(rows), std::vector<bool>(pairs.size()));
  for (int64_t t = 0; t < taps; ++t) {
    const int64_t at = side.mirrored ? taps - 1 - t : t;
    for (const auto &[coarse, fine] : pairs[static_cast<std::size_t>(t)]) {
      const int64_t to = direction == SPC_FINE_TO_COARSE ? coarse : fine;
      const int64_t from = direction == SPC_FINE_TO_COARSE ? fine : coarse;
      table[static_cast<std::size_t>(at * rows + to)] = static_cast<int32_t>(from);
      used[static_cast<std::size_t>(to)][static_cast<std::size_t>(at)] = true;
    }
  }
  EXPECT_EQ(read(queue, side.table, taps * rows), table);
  std::vector<int32_t> order(static_cast<std::size_t>(rows));
  std::iota(order.begin(), order.end(), 0);
  const auto key = [&](int32_t row) { return fold(used[static_cast<std::size_t>(row)]); };
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return key(a) < key(b); });
  EXPECT_EQ(read(queue, side.order, rows), order);
  ASSERT_EQ(side.mask_words, (taps + 31) / 32);
  const int64_t groups = (rows + kMaskRows - 1) / kMaskRows;
  std::vector<uint32_t> masks(static_cast<std::size_t>(groups * side.mask_words));
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t t = 0; t < taps; ++t) {
      const auto row = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
      const auto word = static_cast<std::size_t>(i / kMaskRows * side.mask_words + t / 32);
      if (used[row][static_cast<std::size_t>(t)]) masks[word] |= 1u << t % 32;
    }
  }
  EXPECT_EQ(read(queue, side.masks, std::ssize(masks)), masks);
}

void expect_law(const Queue &queue, const SitesPointer &coarse, const SitesPointer &fine,
                const oracle::Geometry &geometry) {
  const Rulebook rulebook(queue, *coarse, *fine, test::kernel_of(geometry));
  const Cloud coarse_cloud = test::coordinates(queue, coarse), fine_cloud = test::coordinates(queue, fine);
  const oracle::Pairs expected = oracle::pairs(coarse_cloud, fine_cloud, geometry);
  expect_pairs(queue, rulebook, expected);
  const test::Map coarse_map = test::make_map(coarse_cloud, geometry.dimensions());
  const test::Map fine_map = test::make_map(fine_cloud, geometry.dimensions());
  EXPECT_EQ(test::pairs(test::make_rulebook(coarse_map, fine_map, geometry)), expected);
  for (const int32_t direction : {SPC_FINE_TO_COARSE, SPC_COARSE_TO_FINE}) {
    expect_side(queue, rulebook, direction, expected);
  }
}

class RulebookOnDevice : public test::OnDevice, public testing::WithParamInterface<test::Case> {};

TEST_P(RulebookOnDevice, Holds_the_law_within_one_map) {
  const Queue queue(0, nullptr);
  const SitesPointer sites = test::make_sites(queue, GetParam().cloud(11), GetParam().dimensions());
  expect_law(queue, sites, sites, GetParam().geometry);
}

TEST_P(RulebookOnDevice, Holds_the_law_between_any_two_maps) {
  const Queue queue(0, nullptr);
  expect_law(queue, test::make_sites(queue, GetParam().cloud(12), GetParam().dimensions()),
             test::make_sites(queue, GetParam().cloud(13), GetParam().dimensions()), GetParam().geometry);
}

TEST_P(RulebookOnDevice, Holds_the_law_for_generated_sites) {
  const Queue queue(0, nullptr);
  const SitesPointer fine = test::make_sites(queue, GetParam().cloud(14), GetParam().dimensions());
  expect_law(queue, dilate(queue, *fine, test::kernel_of(GetParam().geometry), nullptr), fine, GetParam().geometry);
}

INSTANTIATE_TEST_SUITE_P(Cases, RulebookOnDevice, testing::ValuesIn(test::cases()),
                         [](const auto &info) { return info.param.name; });

class RulebookLimits : public test::OnDevice {};

TEST_F(RulebookLimits, Writes_pairs_to_the_device_too) {
  const Queue queue(0, nullptr);
  const test::Case one = test::cases()[0];
  const SitesPointer sites = test::make_sites(queue, one.cloud(15), one.dimensions());
  const Rulebook rulebook(queue, *sites, *sites, test::kernel_of(one.geometry));
  EXPECT_EQ(pairs_of(queue, rulebook, true), oracle::pairs(one.cloud(15), one.cloud(15), one.geometry));
}

TEST_F(RulebookLimits, The_ends_of_int32_are_no_neighbours) {
  const Queue queue(0, nullptr);
  const Cloud ends = {{0, INT32_MAX}, {0, INT32_MIN}, {0, INT32_MAX - 1}, {0, INT32_MIN + 1}, {0, 0}, {-2, 0}};
  const SitesPointer sites = test::make_sites(queue, ends, 1);
  for (const oracle::Geometry &geometry : std::vector<oracle::Geometry>{{{3}, {1}, {1}, {1}},
                                                                        {{3}, {2}, {1}, {1}},
                                                                        {{2}, {1}, {INT32_MAX}, {0}},
                                                                        {{2}, {INT32_MAX}, {1}, {INT32_MAX}}}) {
    expect_law(queue, sites, sites, geometry);
  }
}

TEST_F(RulebookLimits, An_empty_side_has_no_pairs) {
  const Queue queue(0, nullptr);
  const oracle::Geometry geometry = test::cube(2, 3, 2, 1, 1);
  const SitesPointer some = test::make_sites(queue, {{0, 1, 2}, {0, 1, 3}}, 2), none = test::make_sites(queue, {}, 2);
  expect_law(queue, some, none, geometry);
  expect_law(queue, none, some, geometry);
}

TEST_F(RulebookLimits, Counts_in_many_chunks) {
  const Queue queue(0, nullptr);
  std::mt19937 random(16);
  const SitesPointer sites = test::make_sites(queue, oracle::random_cloud(random, 2, 9000, -60, 120, 1), 2);
  // Of so many taps few cells a tap are left.
  expect_law(queue, sites, sites, test::cube(2, 3, 1, 7, 7));
  const oracle::Geometry line = {{1, 3000}, {1, 1}, {1, 1}, {0, 1500}};
  const SitesPointer few = test::make_sites(queue, oracle::random_cloud(random, 2, 40, -900, 1800, 1), 2);
  expect_law(queue, few, few, line);
}

TEST_F(RulebookLimits, Geometries_of_other_dimensions_are_refused) {
  const Queue queue(0, nullptr);
  const SitesPointer sites = test::make_sites(queue, {{0, 1, 2}}, 2);
  const auto [status, message] =
      test::refusal([&] { Rulebook(queue, *sites, *sites, test::kernel_of(test::cube(3, 3, 1, 1, 1))); });
  EXPECT_EQ(status, SPC_INVALID_ARGUMENT);
  EXPECT_EQ(message, "the geometry has 3 dimensions and the map 2");
}

class RadixSort : public test::OnDevice {};

template <class Key>
void expect_sorted(const Queue &queue, int64_t count, int bits, std::mt19937_64 &random) {
  SCOPED_TRACE(std::to_string(count) + " keys of " + std::to_string(bits) + " bits");
  std::vector<Key> keys(static_cast<std::size_t>(count));
  const Key mask = bits == 0 ? 0 : static_cast<Key>(~Key{0}) >> (8 * sizeof(Key) - static_cast<std::size_t>(bits));
  for (Key &key : keys) key = static_cast<Key>(random()) & mask;
  std::vector<int32_t> order(keys.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  });
  for (const bool with_places : {true, false}) {
    Buffer<Key> memory(queue, count);
    Buffer<int32_t> places;
    queue.copy(memory.data(), keys.data(), memory.bytes());
    radix_sort(queue, memory, bits, with_places ? &places : nullptr);
    const std::vector<Key> sorted = read<Key>(queue, memory.data(), count);
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      ASSERT_EQ(sorted[i], keys[static_cast<std::size_t>(order[i])]) << i;
    }
    if (with_places) {
      EXPECT_EQ(read<int32_t>(queue, places.data(), count), order);
    }
  }
}

TEST_F(RadixSort, Is_stable) {
  const Queue queue(0, nullptr);
  std::mt19937_64 random(17);
  for (const int64_t count : {0, 1, 31, 33, 2047, 2048, 2049, 9000}) {
    for (const int bits : {0, 1, 8, 9, 27, 32}) expect_sorted<uint32_t>(queue, count, bits, random);
    for (const int bits : {1, 33, 63}) expect_sorted<uint64_t>(queue, count, bits, random);
  }
}

// More tiles than a block sums at once.
TEST_F(RadixSort, Sums_many_tiles) {
  const Queue queue(0, nullptr);
  const int64_t count = 257 * 2048 + 5;
  std::vector<uint32_t> keys(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = static_cast<uint32_t>(i % 3);
  Buffer<uint32_t> memory(queue, count);
  queue.copy(memory.data(), keys.data(), memory.bytes());
  radix_sort(queue, memory, 2, nullptr);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(read<uint32_t>(queue, memory.data(), count), keys);
}

}  // namespace
