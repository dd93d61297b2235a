#include "cuda/rulebook.h"

#include <algorithm>

#include "cuda/layout.cuh"
#include "cuda/radix_sort.h"
#include "cuda/scan.h"
#include "site_limits.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kChunkRows = 1024;
constexpr int64_t kMostCells = int64_t{1} << 22;
constexpr int64_t kMostGridTaps = 65535;

const Kernel &kernel_of(const Queue &queue, const char *name) {
  return queue.device().kernel("rulebook", "", name);
}

PairSearch make_search(const Sites &coarse, const Sites &fine, const spc::Kernel &kernel, const int64_t *offsets) {
  PairSearch search{};
  search.fine = fine.table();
  search.coarse = coarse.coordinates.data();
  search.rows = coarse.rows;
  std::copy_n(kernel.stride.begin(), SPC_MAX_DIMENSIONS, search.stride);
  search.offsets = offsets;
  search.taps = kernel.taps();
  const int64_t most_chunks = std::max<int64_t>(1, kMostCells / search.taps);
  const int64_t least = std::max(kChunkRows, cover(coarse.rows, most_chunks).x);
  search.chunk_rows = cover(least, kThreads).x * kThreads;
  search.chunks = std::max<int64_t>(1, cover(coarse.rows, search.chunk_rows).x);
  return search;
}

Grid grid_of(const PairSearch &search) {
  return {search.chunks, std::min(search.taps, kMostGridTaps)};
}

}  // namespace

Rulebook::Rulebook(const Queue &queue, const Sites &coarse, const Sites &fine, const spc::Kernel &kernel)
    : Holder(queue),
      fine_rows_(fine.rows),
      coarse_rows_(coarse.rows),
      mirrored_(&coarse == &fine && kernel.is_mirrored()) {
  check_kernel(kernel, coarse.dimensions());
  check_kernel(kernel, fine.dimensions());
  const Input<int64_t> offsets(queue, kernel.offsets.data()->data(), kernel.taps() * SPC_MAX_DIMENSIONS);
  const PairSearch search = make_search(coarse, fine, kernel, offsets.data());
  const bool tabled = search.taps <= kMostTableTaps;
  if (tabled) coarse_.rows = Buffer<int32_t>(queue, search.taps * coarse_rows_);
  const Buffer<int64_t> cells(queue, search.taps * search.chunks);
  launch(queue, kernel_of(queue, "find_pairs"), grid_of(search), kThreads, 0, search, coarse_.rows.data(),
         cells.data());
  take_starts(queue, search, cells);

  fine_of_pair_ = Buffer<int32_t>(queue, pairs());
  coarse_of_pair_ = Buffer<int32_t>(queue, pairs());
  if (tabled && !mirrored_) {
    fine_.rows = Buffer<int32_t>(queue, search.taps * fine_rows_);
    queue.fill(fine_.rows.data(), 0xff, fine_.rows.bytes());
  }
  launch(queue, kernel_of(queue, "fill_pairs"), grid_of(search), kThreads, 0, search,
         static_cast<const int32_t *>(coarse_.rows.data()), static_cast<const int64_t *>(cells.data()),
         fine_of_pair_.data(), coarse_of_pair_.data(), fine_.rows.data(), fine_rows_);
  if (tabled) sort_rows(queue, coarse_rows_, coarse_);
  if (tabled && !mirrored_) sort_rows(queue, fine_rows_, fine_);
}

// Turns the counts of cells into the places where they begin, and copies the starts of the taps to the host.
void Rulebook::take_starts(const Queue &queue, const PairSearch &search, const Buffer<int64_t> &cells) {
  const Buffer<int64_t> total(queue, 1);
  exclusive_scan(queue, cells.data(), cells.count(), total.data());
  device_starts_ = Buffer<int64_t>(queue, search.taps + 1);
  launch(queue, kernel_of(queue, "take_starts"), cover(search.taps + 1, kThreads), kThreads, 0,
         static_cast<const int64_t *>(cells.data()), search.chunks, search.taps,
         static_cast<const int64_t *>(total.data()), device_starts_.data());
  starts_.resize(static_cast<std::size_t>(search.taps) + 1);
  queue.copy(starts_.data(), device_starts_.data(), device_starts_.bytes());
  queue.synchronize();
}

void Rulebook::sort_rows(const Queue &queue, int64_t rows, Table &table) const {
  const auto taps = static_cast<int32_t>(this->taps());
  const auto words = static_cast<int32_t>(mask_words());
  const Buffer<uint32_t> masks(queue, words * rows);
  Buffer<uint32_t> keys(queue, rows);
  launch(queue, kernel_of(queue, "mask_rows"), cover(rows, kThreads), kThreads, 0,
         static_cast<const int32_t *>(table.rows.data()), taps, rows, masks.data(), keys.data());
  radix_sort(queue, keys, std::min(taps, 32), &table.order);
  table.masks = Buffer<uint32_t>(queue, cover(rows, kMaskRows).x * words);
  launch(queue, kernel_of(queue, "join_masks"), cover(rows, kThreads), kThreads, 0,
         static_cast<const uint32_t *>(masks.data()), static_cast<const int32_t *>(table.order.data()), rows, words,
         table.masks.data());
}

Side Rulebook::written(int32_t direction) const {
  const bool coarse = direction == SPC_FINE_TO_COARSE;
  const Table &table = coarse || mirrored_ ? coarse_ : fine_;
  Side side{};
  side.rows = rows_written(direction);
  side.table = table.rows.data();
  side.mirrored = !coarse && mirrored_;
  side.order = table.order.data();
  side.masks = table.masks.data();
  side.mask_words = mask_words();
  return side;
}

void Rulebook::write_pairs(const Queue &queue, int64_t tap, int64_t *fine_rows, int64_t *coarse_rows) const {
  const Output<int64_t> fine(queue, fine_rows, count(tap)), coarse(queue, coarse_rows, count(tap));
  launch(queue, kernel_of(queue, "widen_pairs"), cover(count(tap), kThreads), kThreads, 0, pair_rows(true) + start(tap),
         pair_rows(false) + start(tap), count(tap), fine.data(), coarse.data());
  fine.finish();
  coarse.finish();
}

int64_t Rulebook::bytes() const {
  const auto table = [](const Table &one) { return one.rows.bytes() + one.order.bytes() + one.masks.bytes(); };
  return static_cast<int64_t>(sizeof(Rulebook)) + static_cast<int64_t>(starts_.size() * sizeof(int64_t)) +
         device_starts_.bytes() + fine_of_pair_.bytes() + coarse_of_pair_.bytes() + table(coarse_) + table(fine_);
}

}  // namespace spc::cuda
