// The voxels of one level on a GPU: their coordinates by row, and a hash table from keys to rows. Rows are in the same
// order as in the CPU engine: as given, or lexicographic.
#pragma once

#include <array>
#include <memory>

#include "cuda/runtime.h"
#include "geometry.h"
#include "key.h"

namespace spc {
struct SiteTable;
}  // namespace spc

namespace spc::cuda {

struct Sites : Holder {
  using Holder::Holder;
  ~Sites() { finish(); }

  int64_t rows = 0;
  int axes = 0;                                 // batch first
  std::array<int32_t, kMaxAxes> low{}, high{};  // of each column, 0 and -1 where there are no rows
  Box box;                                      // numbers the sites between them, and maybe more; only with rows
  Buffer<int32_t> coordinates;                  // [rows, 1 + dimensions]
  Buffer<uint64_t> slots;                       // keys, kFreeSlot where there is none; a power of two of them
  Buffer<int32_t> slot_rows;                    // by slot

  int dimensions() const { return axes - 1; }
  SiteTable table() const;  // layout.cuh, for CUDA kernels
  int64_t bytes() const {
    return static_cast<int64_t>(sizeof(Sites)) + coordinates.bytes() + slots.bytes() + slot_rows.bytes();
  }
};

using SitesPointer = std::shared_ptr<const Sites>;

// The arrays of rows may be on the device or on the host.
SitesPointer make_sites(const Queue &queue, const int32_t *coordinates, int64_t rows, int dimensions);
SitesPointer make_merged_sites(const Queue &queue, const int32_t *coordinates, int64_t rows, int dimensions,
                               int64_t *map_rows);

// bounds: the shape outside of which no site is made, on the host, or null.
SitesPointer dilate(const Queue &queue, const Sites &fine, const spc::Kernel &kernel, const int32_t *bounds);
SitesPointer downsample(const Queue &queue, const Sites &fine, const spc::Kernel &kernel, const int32_t *bounds);
SitesPointer refine(const Queue &queue, const Sites &coarse, const spc::Kernel &kernel, const int32_t *bounds);

void write_bounds(const Sites &sites, int32_t *low, int32_t *high);
void write_coordinates(const Queue &queue, const Sites &sites, int32_t *out);
void find_rows(const Queue &queue, const Sites &sites, const int32_t *coordinates, int64_t rows, int64_t *out);

}  // namespace spc::cuda
