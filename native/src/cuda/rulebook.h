// For each tap, the pairs of rows that meet there; and for each row that a convolution writes, the row that it reads at
// each tap.
#pragma once

#include <vector>

#include "cuda/coordinate_map.h"

namespace spc {
struct PairSearch;
}  // namespace spc

namespace spc::cuda {

// The rows that share one mask of a Side.
constexpr int64_t kMaskRows = 32;
// Kernel geometries with more taps have only pairs.
constexpr int64_t kMostTableTaps = 128;

// The rows of the other side that each row of one side reads when it is written.
struct Side {
  int64_t rows = 0;        // of this side
  const int32_t *table;    // [taps, rows]: the other side's row, -1 for none; null where there are too many taps
  bool mirrored = false;   // tap t stands at taps - 1 - t of the table
  const int32_t *order;    // [rows]: rows that use the same taps stand side by side; null with table
  const uint32_t *masks;   // [ceil(rows / kMaskRows), mask_words]: the taps (as in the table, not mirrored back) that
                           // any of kMaskRows rows of the order uses
  int64_t mask_words = 0;  // ceil(taps / 32)
};

class Rulebook : public Holder {
 public:
  Rulebook(const Queue &queue, const Sites &coarse, const Sites &fine, const spc::Kernel &kernel);
  ~Rulebook() { finish(); }

  int64_t taps() const { return static_cast<int64_t>(starts_.size()) - 1; }
  int64_t pairs() const { return starts_.back(); }
  int64_t count(int64_t tap) const {
    return starts_[static_cast<std::size_t>(tap) + 1] - starts_[static_cast<std::size_t>(tap)];
  }
  int64_t start(int64_t tap) const { return starts_[static_cast<std::size_t>(tap)]; }  // of its pairs; on the host
  const int64_t *device_starts() const { return device_starts_.data(); }               // [taps + 1]
  int64_t fine_rows() const { return fine_rows_; }
  int64_t coarse_rows() const { return coarse_rows_; }
  int64_t bytes() const;

  // [pairs], by tap, ascending by coarse row.
  const int32_t *pair_rows(bool fine) const { return fine ? fine_of_pair_.data() : coarse_of_pair_.data(); }

  // The side that is written: coarse for SPC_FINE_TO_COARSE.
  Side written(int32_t direction) const;
  int64_t rows_read(int32_t direction) const { return direction == SPC_FINE_TO_COARSE ? fine_rows_ : coarse_rows_; }
  int64_t rows_written(int32_t direction) const { return direction == SPC_FINE_TO_COARSE ? coarse_rows_ : fine_rows_; }

  // Writes the pairs of one tap, to the device or the host.
  void write_pairs(const Queue &queue, int64_t tap, int64_t *fine_rows, int64_t *coarse_rows) const;

 private:
  struct Table {
    Buffer<int32_t> rows;    // [taps, rows]
    Buffer<int32_t> order;   // [rows]
    Buffer<uint32_t> masks;  // [ceil(rows / kMaskRows), mask words]
  };
  int64_t mask_words() const { return (taps() + 31) / 32; }
  void take_starts(const Queue &queue, const PairSearch &search, const Buffer<int64_t> &cells);
  void sort_rows(const Queue &queue, int64_t rows, Table &table) const;

  std::vector<int64_t> starts_{0};  // [taps + 1]
  Buffer<int64_t> device_starts_;
  Buffer<int32_t> fine_of_pair_, coarse_of_pair_;
  int64_t fine_rows_ = 0, coarse_rows_ = 0;
  Table coarse_, fine_;    // by the side that is written; fine_ is empty where mirrored_
  bool mirrored_ = false;  // both sides are one map, and tap t of one is tap taps - 1 - t of the other
};

}  // namespace spc::cuda
