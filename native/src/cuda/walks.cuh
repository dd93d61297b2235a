// The arguments of CUDA kernels that go over pairs or links, in one layout for the host and the device.
#pragma once

namespace spc {

// Over the taps of written rows.
struct TableWalk {
  const int32_t *table;  // [taps, rows]: the row that is read at a tap, -1 for none
  int64_t rows;          // of the table
  int64_t first;         // the written row that the table's first one stands for
  int32_t taps;
  int32_t mirrored;  // 1: tap t stands at taps - 1 - t of the table
  int64_t channels;
  int64_t row_threads;  // threads a row
  int32_t width;        // channels that a thread takes: 1, or 16 bytes of them
};

// Over the links of items: points or rows.
struct LinkWalk {
  int64_t items;
  const int64_t *starts;  // [items + 1]
  const int32_t *others;
  const double *weights;  // or null: all 1
  int64_t channels;
  int64_t row_threads;  // threads an item
  int32_t width;        // as above
};

}  // namespace spc
