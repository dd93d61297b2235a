#include "cpu/interpolation.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cpu/isa.h"
#include "half.h"
#include "matrix.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kSerialWork = int64_t{1} << 16;  // elements below which a second thread does not pay
constexpr int64_t kPartItems = 512;
constexpr int64_t kChunk = 64;  // channels that are summed at a time: they stay in the first-level cache

template <class T>
struct Job {
  LinkSide to;     // the side that is written
  const T *input;  // [items of the other side, channels]
  T *output;       // [items, channels]
  int64_t channels;
};

// Calls body(item) for each item of the written side.
template <class T, class Body>
void for_items(const Job<T> &job, const Body &body) {
  active_loops();
  const int64_t parts = std::max<int64_t>(1, (job.to.items + kPartItems - 1) / kPartItems);
  const int64_t work = (job.to.starts[job.to.items] + job.to.items) * job.channels;
  const Team team(std::min(1 + work / kSerialWork, parts));
  parallel_for(team, parts, [&](int64_t part, int) {
    const auto [begin, end] = part_of(job.to.items, parts, part);
    for (int64_t item = begin; item < end; ++item) body(item);
  });
}

// Each item becomes the sum of its linked rows, each times the link's weight and scale(link), divided by divisor(item).
template <class T, class Scale, class Divisor>
void sums(const Job<T> &job, const Scale &scale, const Divisor &divisor) {
  using Number = Sum<T>;
  const auto [items, starts, others, weights] = job.to;
  for_items(job, [&](int64_t item) {
    const int64_t begin = starts[item], end = starts[item + 1];
    T *const to = job.output + item * job.channels;
    std::array<Number, kChunk> sum;
    for (int64_t first = 0; first < job.channels; first += kChunk) {
      const int64_t width = std::min(kChunk, job.channels - first);
      std::fill_n(sum.begin(), width, Number(0));
      for (int64_t link = begin; link < end; ++link) {
        const T *const from = job.input + others[link] * job.channels + first;
        const auto weight = static_cast<Number>((weights != nullptr ? weights[link] : 1.0) * scale(others[link]));
        for (int64_t n = 0; n < width; ++n) sum[n] += weight * static_cast<Number>(widen(from[n]));
      }
      const auto total = static_cast<Number>(end > begin ? divisor(item) : 1.0);
      for (int64_t n = 0; n < width; ++n) narrow(total == Number(1) ? sum[n] : sum[n] / total, to[first + n]);
    }
  });
}

template <class T>
void weighted_sums(const Job<T> &job) {
  const auto one = [](int64_t) { return 1.0; };
  sums(job, one, one);
}

// The sum of the weights of a row's links.
double total_weight(const LinkSide &by_row, int64_t row) {
  const int64_t begin = by_row.starts[row], end = by_row.starts[row + 1];
  if (by_row.weights == nullptr) return static_cast<double>(end - begin);
  double total = 0;
  for (int64_t link = begin; link < end; ++link) total += by_row.weights[link];
  return total;
}

// Not-a-number is larger than every number, as in PyTorch, and the first point wins among equal values. saved receives
// the point that holds each maximum, or -1; it may be null.
template <class T>
void maximum(const Job<T> &job, int32_t *saved) {
  for_items(job, [&](int64_t item) {
    const int64_t begin = job.to.starts[item], end = job.to.starts[item + 1];
    for (int64_t n = 0; n < job.channels; ++n) {
      const int64_t place = item * job.channels + n;
      int32_t best = begin < end ? job.to.others[begin] : -1;
      auto largest = best >= 0 ? widen(job.input[best * job.channels + n]) : Sum<T>(0);
      for (int64_t link = begin + 1; link < end; ++link) {
        const auto value = widen(job.input[job.to.others[link] * job.channels + n]);
        if (!(value > largest || (value != value && largest == largest))) continue;
        largest = value;
        best = job.to.others[link];
      }
      if (best >= 0) {
        job.output[place] = job.input[best * job.channels + n];
      } else {
        narrow(Sum<T>(0), job.output[place]);
      }
      if (saved != nullptr) saved[place] = best;
    }
  });
}

template <class T>
void maximum_gradient(const Job<T> &job, const int32_t *saved) {
  for_items(job, [&](int64_t item) {
    for (int64_t n = 0; n < job.channels; ++n) {
      Sum<T> sum(0);
      for (int64_t link = job.to.starts[item]; link < job.to.starts[item + 1]; ++link) {
        const int64_t from = job.to.others[link] * job.channels + n;
        if (saved[from] == item) sum += widen(job.input[from]);
      }
      narrow(sum, job.output[item * job.channels + n]);
    }
  });
}

void check_pair(const Links &links, const char *row_name, const spc_matrix &of_rows, const char *point_name,
                const spc_matrix &of_points) {
  check_channels((std::string(row_name) + ".columns").c_str(), of_rows.columns);
  check_matrix(row_name, of_rows, links.rows(), of_rows.columns, of_rows.element_type);
  check_matrix(point_name, of_points, links.points(), of_rows.columns, of_rows.element_type);
}

}  // namespace

void interpolation_forward(const Links &links, const spc_matrix &input, const spc_matrix &output) {
  by_type(input.element_type, [&]<class T>(T) {
    check_pair(links, "input", input, "output", output);
    weighted_sums(Job<T>{links.by_point(), data<const T>(input), data<T>(output), input.columns});
  });
}

void interpolation_backward(const Links &links, const spc_matrix &grad_output, const spc_matrix &grad_input) {
  by_type(grad_input.element_type, [&]<class T>(T) {
    check_pair(links, "grad_input", grad_input, "grad_output", grad_output);
    weighted_sums(Job<T>{links.by_row(), data<const T>(grad_output), data<T>(grad_input), grad_input.columns});
  });
}

void splat_forward(const Links &links, int32_t kind, const spc_matrix &input, int32_t *saved,
                   const spc_matrix &output) {
  check_splat_kind(kind);
  by_type(output.element_type, [&]<class T>(T) {
    check_pair(links, "output", output, "input", input);
    const Job<T> job{links.by_row(), data<const T>(input), data<T>(output), output.columns};
    if (kind == SPC_SPLAT_MAX) return maximum(job, saved);
    if (kind == SPC_SPLAT_SUM) return weighted_sums(job);
    sums(
        job, [](int64_t) { return 1.0; }, [&](int64_t row) { return total_weight(job.to, row); });
  });
}

void splat_backward(const Links &links, int32_t kind, const spc_matrix &grad_output, const int32_t *saved,
                    const spc_matrix &grad_input) {
  check_splat_kind(kind);
  check_saved(kind == SPC_SPLAT_MAX, saved, grad_output);
  by_type(grad_output.element_type, [&]<class T>(T) {
    check_pair(links, "grad_output", grad_output, "grad_input", grad_input);
    const Job<T> job{links.by_point(), data<const T>(grad_output), data<T>(grad_input), grad_output.columns};
    if (kind == SPC_SPLAT_MAX) return maximum_gradient(job, saved);
    if (kind == SPC_SPLAT_SUM) return weighted_sums(job);
    const LinkSide by_row = links.by_row();
    std::vector<double> totals(static_cast<std::size_t>(links.rows()));
    for (int64_t row = 0; row < links.rows(); ++row) totals[row] = total_weight(by_row, row);
    sums(
        job, [&](int64_t row) { return 1 / totals[row]; }, [](int64_t) { return 1.0; });
  });
}

}  // namespace spc
