// Keys of sites, and hash tables of them.
#pragma once

#include "device.cuh"
#include "layout.cuh"

namespace spc {

// The last step of MurmurHash3: every bit of the key changes every bit of the place.
SPC_DEVICE uint64_t mix(uint64_t key) {
  key = (key ^ key >> 33) * 0xff51afd7ed558ccdull;
  key = (key ^ key >> 33) * 0xc4ceb9fe1a85ec53ull;
  return key ^ key >> 33;
}

// Adds the share of an axis to a key; false where the value is outside of the lattice.
SPC_DEVICE bool add_axis(const Lattice &lattice, int axis, int64_t value, uint64_t &key) {
  const uint64_t place = static_cast<uint64_t>(value - lattice.low[axis]);
  key += lattice.weights[axis] * place;
  return place < static_cast<uint64_t>(lattice.extent[axis]);
}

SPC_DEVICE bool key_of(const Lattice &lattice, const int32_t *site, uint64_t &key) {
  key = 0;
  bool inside = true;
  SPC_UNROLL
  for (int axis = 0; axis < kLatticeAxes; ++axis) {
    if (axis < lattice.axes) inside = add_axis(lattice, axis, site[axis], key) && inside;
  }
  return inside;
}

// The row of a key, or -1.
SPC_DEVICE int32_t find_row(const SiteTable &table, uint64_t key) {
  for (uint64_t at = mix(key) & table.mask;; at = (at + 1) & table.mask) {
    const uint64_t seen = __ldg(table.slots + at);
    if (seen == key) return __ldg(table.rows + at);
    if (seen == kFreeSlot) return -1;
  }
}

}  // namespace spc
