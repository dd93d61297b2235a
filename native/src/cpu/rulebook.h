// The pairs of the law between two levels, by tap. Both sides are positions (see coordinate_map.h). For one tap the law
// ascends, so the list of a tap is sorted by both sides at once and can be cut into tiles of rows on either side. So
// one list serves both directions without atomics. Where a kernel mirrors itself within one map, the second half of the
// taps is the first half with the sides swapped and is not stored, and only one side of the centre is stored.
#pragma once

#include <cstdint>
#include <vector>

#include "cpu/coordinate_map.h"

namespace spc {

// Rows of the smallest tile that a convolution may work on.
constexpr int64_t kTileRows = 256;

struct Side {
  int64_t rows = 0;
  int64_t tiles = 0;  // of kTileRows positions
  RowTable row_of;    // by position; null where row and position are one
};

// The pairs of one tap in one direction; both arrays ascend.
struct TapPairs {
  const int32_t *from;   // positions that are read
  const int32_t *to;     // positions that are written
  const int32_t *tiles;  // [to.tiles + 1]: where each tile of `to` begins
  int64_t count;
};

class Rulebook {
 public:
  Rulebook(const Sites &coarse, const Sites &fine, const Kernel &kernel);

  int64_t taps() const { return taps_; }
  int64_t pairs() const { return pairs_; }
  int64_t bytes() const;  // without the tables of rows, which belong to the maps
  int64_t count(int64_t tap) const;
  // The side that is read and the side that is written in a direction.
  const Side &from(int32_t direction) const { return direction == SPC_FINE_TO_COARSE ? fine_ : coarse_; }
  const Side &to(int32_t direction) const { return direction == SPC_FINE_TO_COARSE ? coarse_ : fine_; }
  TapPairs tap(int64_t tap, int32_t direction) const;
  // The rows of one tap's pairs, ascending by coarse row.
  void write_pairs(int64_t tap, int64_t *fine_rows, int64_t *coarse_rows) const;

 private:
  struct Stored {
    int64_t tap;   // index among the stored taps
    bool swapped;  // the mirror image of a stored tap
  };
  Stored stored(int64_t tap) const;
  const int32_t *positions(const Array<int32_t> &side, int64_t t) const;  // of a stored tap
  void collect(const Sites &coarse, const Sites &fine, const Kernel &kernel);
  void cut_tiles();

  int64_t taps_;
  int64_t pairs_ = 0;
  bool mirrored_;
  Side coarse_, fine_;
  int64_t stored_taps_;              // taps, or the first half and the centre
  std::vector<int64_t> starts_;      // [stored_taps + 1]
  Array<int32_t> coarse_positions_;  // [starts], without those of a mirrored kernel's centre
  Array<int32_t> fine_positions_;
  Array<int32_t> centre_;        // [rows], of both sides: pairs each position with itself
  Array<int32_t> coarse_tiles_;  // [stored_taps, coarse.tiles + 1], within the tap's list
  Array<int32_t> fine_tiles_;
};

}  // namespace spc
