// The arguments of CUDA kernels for maps, rulebooks and links, in one layout for the host and the device.
#pragma once

namespace spc {

constexpr int kLatticeAxes = 5;  // batch first
constexpr uint64_t kFreeSlot = ~uint64_t{0};

// Numbers the sites of a box in lexicographic order.
struct Lattice {
  int64_t low[kLatticeAxes], extent[kLatticeAxes];  // extent 0 where nothing is inside
  uint64_t weights[kLatticeAxes];
  int32_t axes;
};

// A hash table with open addressing; never full.
struct SiteTable {
  Lattice lattice;
  const uint64_t *slots;
  const int32_t *rows;
  uint64_t mask;  // slots - 1
};

// The law's Split of a tap's offset.
struct TapSplit {
  int64_t quotient[kLatticeAxes - 1];
  int32_t rest[kLatticeAxes - 1];
};

// One reading of the law that starts at sites; see Reading in geometry.h.
struct Reaching {
  int32_t divides;  // values are divided by the stride, else multiplied
  int32_t floors;   // and the rest is dropped
  int32_t bounded;  // sites outside of the limits are skipped, else reported
  int32_t dimensions;
  int32_t stride[kLatticeAxes - 1];
  int64_t low[kLatticeAxes - 1], high[kLatticeAxes - 1];
  const TapSplit *taps;
  int32_t tap_count;
};

// The result of filling a set of keys.
struct SetState {
  uint64_t outside;   // the least row * taps + tap that leads out of the limits, or kFreeSlot
  uint64_t distinct;  // keys in the set
  uint64_t full;      // 1 where a key found no slot
};

// The search for the pairs of a rulebook: it looks up stride * coarse + offset of each coarse row and tap.
struct PairSearch {
  SiteTable fine;
  const int32_t *coarse;  // [rows, axes]
  int64_t rows;
  int64_t stride[kLatticeAxes - 1];
  const int64_t *offsets;  // [taps, kLatticeAxes - 1]
  int64_t taps;
  int64_t chunk_rows, chunks;  // rows that a block counts together: a multiple of its threads
};

// The search for the links of points to the sites of a table.
struct PointSearch {
  SiteTable table;
  const double *points;  // [count, dimensions]
  const int32_t *batch;  // [count], or null for 0
  int64_t count;
  int32_t dimensions;
  int32_t linear;  // SPC_LINEAR, else SPC_NEAREST
  int32_t whole;   // SPC_MISSING_RENORMALIZE
  double anchor;
};

// The result of the search for links.
struct LinkState {
  uint64_t bad;   // the least place of a value that is not allowed, or kFreeSlot
  int64_t count;  // links
};

}  // namespace spc
