#include "cpu/pooling.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "cpu/isa.h"
#include "half.h"
#include "matrix.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kSerialWork = int64_t{1} << 16;  // elements below which a second thread does not pay
constexpr int32_t kNoRow = std::numeric_limits<int32_t>::max();

template <class T>
struct Job {
  const Rulebook &rulebook;
  int32_t direction;
  const T *input;  // [rows read, channels]
  T *output;       // [rows written, channels]
  int64_t channels;
};

// One tile of written rows.
template <class T>
class Tile {
 public:
  Tile(const Job<T> &job, const Side &to, int64_t index, Sum<T> *scratch)
      : first_(index * kTileRows),
        rows_(std::min(kTileRows, to.rows - first_)),
        channels_(job.channels),
        row_of_(to.row_of.get()),
        output_(job.output),
        scratch_(scratch) {}

  int64_t rows() const { return rows_; }
  int64_t index(int32_t position) const { return position - first_; }
  int64_t row(int64_t index) const { return row_of_ != nullptr ? row_of_[first_ + index] : first_ + index; }

  // Where the row with this index is computed: in the output, or in scratch for 16-bit numbers.
  Sum<T> *sums(int64_t index) const {
    if constexpr (kIsHalf<T>) {
      return scratch_ + index * channels_;
    } else {
      return output_ + row(index) * channels_;
    }
  }

  // Rounds the rows in scratch to the output.
  void store() const {
    if constexpr (kIsHalf<T>) {
      for (int64_t i = 0; i < rows_; ++i) {
        const Sum<T> *const from = sums(i);
        T *const to = output_ + row(i) * channels_;
        for (int64_t n = 0; n < channels_; ++n) narrow(from[n], to[n]);
      }
    }
  }

 private:
  int64_t first_;
  int64_t rows_;
  int64_t channels_;
  const int32_t *row_of_;
  T *output_;
  Sum<T> *scratch_;
};

template <class T>
Sum<T> wide(T value) {
  if constexpr (kIsHalf<T>) {
    return widen(value);
  } else {
    return value;
  }
}

// Calls body(tile, visit) for each tile; visit(pair) runs pair(index in the tile, row read) over the tile's pairs, tap
// by tap.
template <class T, class Body>
void for_tiles(const Job<T> &job, const Body &body) {
  active_loops();
  const Side &to = job.rulebook.to(job.direction);
  const int32_t *const row_of = job.rulebook.from(job.direction).row_of.get();
  std::vector<TapPairs> taps;
  for (int64_t t = 0; t < job.rulebook.taps(); ++t) taps.push_back(job.rulebook.tap(t, job.direction));
  const int64_t work = (job.rulebook.pairs() + to.rows) * job.channels;
  const Team team(std::min(1 + work / kSerialWork, to.tiles));
  const int64_t scratch = kIsHalf<T> ? std::min(kTileRows, to.rows) * job.channels : 0;
  std::vector<Sum<T>> sums(static_cast<std::size_t>(scratch * team.size()));
  parallel_for(team, to.tiles, [&](int64_t index, int thread) {
    const Tile<T> tile(job, to, index, sums.data() + thread * scratch);
    body(tile, [&](const auto &pair) {
      for (const TapPairs &tap : taps) {
        for (int64_t i = tap.tiles[index]; i < tap.tiles[index + 1]; ++i) {
          const int32_t position = tap.from[i];
          pair(tile.index(tap.to[i]), row_of != nullptr ? row_of[position] : position);
        }
      }
    });
    tile.store();
  });
}

// Whether a value replaces the largest so far. Not-a-number is larger than every number, as in PyTorch, and the lowest
// row wins among equal values.
template <class T>
bool takes(T value, int32_t row, T best, int32_t best_row) {
  const bool nan = value != value, best_nan = best != best;
  const bool larger = (value > best) | (nan & !best_nan);
  const bool equal = (value == best) | (nan & best_nan);
  return larger | (equal & (row < best_row));
}

// saved: the row of each maximum, or null.
template <class T>
void maximum(const Job<T> &job, int32_t *saved) {
  const int64_t channels = job.channels;
  for_tiles(job, [&](const Tile<T> &tile, const auto &visit) {
    std::array<bool, kTileRows> met{};
    for (int64_t i = 0; i < tile.rows(); ++i) {
      std::fill_n(tile.sums(i), channels, -std::numeric_limits<Sum<T>>::infinity());
      if (saved != nullptr) std::fill_n(saved + tile.row(i) * channels, channels, kNoRow);
    }
    visit([&](int64_t i, int32_t row) {
      met[i] = true;
      const T *const from = job.input + row * channels;
      Sum<T> *const to = tile.sums(i);
      if (saved == nullptr) {
        for (int64_t n = 0; n < channels; ++n) {
          const Sum<T> value = wide(from[n]);
          to[n] = (value > to[n]) | (value != value) ? value : to[n];
        }
        return;
      }
      int32_t *const rows = saved + tile.row(i) * channels;
      for (int64_t n = 0; n < channels; ++n) {
        const Sum<T> value = wide(from[n]);
        const bool take = takes(value, row, to[n], rows[n]);
        to[n] = take ? value : to[n];
        rows[n] = take ? row : rows[n];
      }
    });
    for (int64_t i = 0; i < tile.rows(); ++i) {
      if (met[i]) continue;
      std::fill_n(tile.sums(i), channels, Sum<T>(0));
      if (saved != nullptr) std::fill_n(saved + tile.row(i) * channels, channels, -1);
    }
  });
}

// saved: the number of pairs of each row, or null.
template <class T>
void sum(const Job<T> &job, int32_t kind, int32_t *saved) {
  const int64_t channels = job.channels;
  const auto taps = static_cast<Sum<T>>(job.rulebook.taps());
  for_tiles(job, [&](const Tile<T> &tile, const auto &visit) {
    std::array<int32_t, kTileRows> counts{};
    for (int64_t i = 0; i < tile.rows(); ++i) std::fill_n(tile.sums(i), channels, Sum<T>(0));
    visit([&](int64_t i, int32_t row) {
      ++counts[i];
      const T *const from = job.input + row * channels;
      Sum<T> *const to = tile.sums(i);
      for (int64_t n = 0; n < channels; ++n) to[n] += wide(from[n]);
    });
    for (int64_t i = 0; i < tile.rows(); ++i) {
      if (saved != nullptr) saved[tile.row(i)] = counts[i];
      if (kind == SPC_POOL_SUM || counts[i] == 0) continue;
      const Sum<T> divisor = kind == SPC_POOL_MEAN ? static_cast<Sum<T>>(counts[i]) : taps;
      Sum<T> *const to = tile.sums(i);
      for (int64_t n = 0; n < channels; ++n) to[n] /= divisor;
    }
  });
}

// The job reads the gradient of the output and writes that of the input, so it runs the rulebook the other way.
template <class T>
void maximum_gradient(const Job<T> &job, const int32_t *saved) {
  const int64_t channels = job.channels;
  for_tiles(job, [&](const Tile<T> &tile, const auto &visit) {
    for (int64_t i = 0; i < tile.rows(); ++i) std::fill_n(tile.sums(i), channels, Sum<T>(0));
    visit([&](int64_t i, int32_t row) {
      const auto own = static_cast<int32_t>(tile.row(i));
      const T *const from = job.input + row * channels;
      const int32_t *const rows = saved + row * channels;
      Sum<T> *const to = tile.sums(i);
      for (int64_t n = 0; n < channels; ++n) {
        const Sum<T> gradient = wide(from[n]);  // read always, so that the loop has no branch
        to[n] += rows[n] == own ? gradient : Sum<T>(0);
      }
    });
  });
}

template <class T>
void sum_gradient(const Job<T> &job, int32_t kind, const int32_t *saved) {
  const int64_t channels = job.channels;
  const auto taps = static_cast<Sum<T>>(job.rulebook.taps());
  for_tiles(job, [&](const Tile<T> &tile, const auto &visit) {
    for (int64_t i = 0; i < tile.rows(); ++i) std::fill_n(tile.sums(i), channels, Sum<T>(0));
    visit([&](int64_t i, int32_t row) {
      const Sum<T> divisor = kind == SPC_POOL_MEAN  ? static_cast<Sum<T>>(saved[row])
                             : kind == SPC_POOL_SUM ? Sum<T>(1)
                                                    : taps;
      const Sum<T> scale = Sum<T>(1) / divisor;
      const T *const from = job.input + row * channels;
      Sum<T> *const to = tile.sums(i);
      for (int64_t n = 0; n < channels; ++n) to[n] += scale * wide(from[n]);
    });
  });
}

}  // namespace

void pooling_forward(const Rulebook &rulebook, int32_t direction, int32_t kind, const spc_matrix &input, int32_t *saved,
                     const spc_matrix &output) {
  check_direction(direction);
  check_pooling_kind(kind);
  const int32_t type = input.element_type;
  by_type(type, [&]<class T>(T) {
    check_matrix("input", input, rulebook.from(direction).rows, input.columns, type);
    check_matrix("output", output, rulebook.to(direction).rows, input.columns, type);
    const Job<T> job{rulebook, direction, data<const T>(input), data<T>(output), input.columns};
    if (kind == SPC_POOL_MAX) {
      maximum(job, saved);
    } else {
      sum(job, kind, kind == SPC_POOL_MEAN ? saved : nullptr);
    }
  });
}

void pooling_backward(const Rulebook &rulebook, int32_t direction, int32_t kind, const spc_matrix &grad_output,
                      const int32_t *saved, const spc_matrix &grad_input) {
  check_direction(direction);
  check_pooling_kind(kind);
  const int32_t type = grad_output.element_type;
  check_saved(kind == SPC_POOL_MAX || kind == SPC_POOL_MEAN, saved, grad_output);
  by_type(type, [&]<class T>(T) {
    check_matrix("grad_output", grad_output, rulebook.to(direction).rows, grad_output.columns, type);
    check_matrix("grad_input", grad_input, rulebook.from(direction).rows, grad_output.columns, type);
    const int32_t reversed = direction == SPC_FINE_TO_COARSE ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
    const Job<T> job{rulebook, reversed, data<const T>(grad_output), data<T>(grad_input), grad_output.columns};
    if (kind == SPC_POOL_MAX) {
      maximum_gradient(job, saved);
    } else {
      sum_gradient(job, kind, saved);
    }
  });
}

}  // namespace spc
