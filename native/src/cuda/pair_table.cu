// The table of a few written rows out of lists of pairs. A thread has one pair, finds its tap, and writes it where its
// row is one of those; warps and blocks have nothing in common, and no two pairs have one place.
#include "device.cuh"

// starts: [taps + 1], where the pairs of each tap begin. table: [taps, rows], of the rows behind `first`, -1 all over.
SPC_KERNEL(256, fill_table, const int64_t *starts, int32_t taps, int64_t pairs, const int32_t *read,
           const int32_t *written, int64_t first, int64_t rows, int32_t *table) {
  const int64_t pair = global_thread();
  if (pair >= pairs) return;
  const int64_t row = written[pair] - first;
  if (row < 0 || row >= rows) return;
  int32_t low = 0, high = taps;  // starts[low] <= pair < starts[high]
  while (high - low > 1) {
    const int32_t middle = low + (high - low) / 2;
    (starts[middle] <= pair ? low : high) = middle;
  }
  table[low * rows + row] = read[pair];
}
