// A route along a rulebook whose pairs come from the oracle, laid out as the rulebook lays it out on a device.
#pragma once

#include <algorithm>
#include <numeric>
#include <optional>

#include "cuda/route.h"
#include "pieces.h"

namespace test {

// Device memory with a copy of what is given.
template <class T>
spc::cuda::Buffer<T> upload(const spc::cuda::Queue &queue, const std::vector<T> &values) {
  spc::cuda::Buffer<T> memory(queue, static_cast<int64_t>(values.size()));
  queue.copy(memory.data(), values.data(), memory.bytes());
  return memory;
}

template <class T>
std::vector<T> download(const spc::cuda::Queue &queue, const spc::cuda::Buffer<T> &memory) {
  std::vector<T> values(static_cast<std::size_t>(memory.count()));
  queue.copy(values.data(), memory.data(), memory.bytes());
  queue.synchronize();
  return values;
}

enum class Layout { table, mirrored_table, pairs_alone };

class RouteByHand {
 public:
  RouteByHand(const spc::cuda::Queue &queue, const oracle::Pairs &pairs, bool reversed, int64_t rows_read,
              int64_t rows_written, Layout layout) {
    std::vector<int32_t> from, to;
    route_.taps = static_cast<int64_t>(pairs.size());
    route_.starts = {0};
    for (const auto &tap : pairs) {
      for (const auto &[coarse, fine] : tap) {
        from.push_back(static_cast<int32_t>(reversed ? coarse : fine));
        to.push_back(static_cast<int32_t>(reversed ? fine : coarse));
      }
      route_.starts.push_back(static_cast<int64_t>(from.size()));
    }
    starts_ = upload(queue, route_.starts);
    from_ = upload(queue, from);
    to_ = upload(queue, to);
    route_.device_starts = starts_.data();
    route_.from = from_.data();
    route_.to = to_.data();
    route_.rows_read = rows_read;
    route_.written = {rows_written, nullptr, false, nullptr, nullptr, (route_.taps + 31) / 32};
    if (layout == Layout::pairs_alone || route_.taps > spc::cuda::kMostTableTaps) return;
    lay_table(queue, from, to, layout == Layout::mirrored_table);
  }

  const spc::cuda::Route &operator*() const { return route_; }

 private:
  void lay_table(const spc::cuda::Queue &queue, const std::vector<int32_t> &from, const std::vector<int32_t> &to,
                 bool mirrored) {
    spc::cuda::Side &side = route_.written;
    const auto rows = static_cast<std::size_t>(side.rows), words = static_cast<std::size_t>(side.mask_words);
    const auto taps = static_cast<std::size_t>(route_.taps);
    std::vector<int32_t> table(taps * rows, -1);
    std::vector<std::vector<uint32_t>> used(rows, std::vector<uint32_t>(words));
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const std::size_t place = mirrored ? taps - 1 - tap : tap;
      for (auto i = static_cast<std::size_t>(route_.starts[tap]); i < static_cast<std::size_t>(route_.starts[tap + 1]);
           ++i) {
        const auto row = static_cast<std::size_t>(to[i]);
        table[place * rows + row] = from[i];
        used[row][place / 32] |= uint32_t{1} << place % 32;
      }
    }
    std::vector<int32_t> order(rows);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return used[static_cast<std::size_t>(a)] < used[static_cast<std::size_t>(b)];
    });
    std::vector<uint32_t> masks((rows + 31) / 32 * words);
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t w = 0; w < words; ++w) masks[i / 32 * words + w] |= used[static_cast<std::size_t>(order[i])][w];
    }
    table_ = upload(queue, table);
    order_ = upload(queue, order);
    masks_ = upload(queue, masks);
    side.table = table_.data();
    side.mirrored = mirrored;
    side.order = order_.data();
    side.masks = masks_.data();
  }

  spc::cuda::Route route_;
  spc::cuda::Buffer<int64_t> starts_;
  spc::cuda::Buffer<int32_t> from_, to_, table_, order_;
  spc::cuda::Buffer<uint32_t> masks_;
};

}  // namespace test
