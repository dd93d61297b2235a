#include "cpu/norm.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "cpu/isa.h"
#include "matrix.h"
#include "parallel.h"

namespace spc {
namespace {

constexpr int64_t kSerialWork = int64_t{1} << 16;  // elements below which a second thread does not pay
constexpr int64_t kSegmentRows = 512;
constexpr int64_t kMostSegments = 128;
constexpr int64_t kRowsAtOnce = 16;

template <class S>
constexpr int32_t kSumType = sizeof(S) == 8 ? SPC_FLOAT64 : SPC_FLOAT32;

// Rows in the type that is computed in: the matrix itself, or rows widened into scratch.
template <class T>
class Source {
 public:
  Source(const T *matrix, int64_t columns)
      : matrix_(matrix), columns_(columns), scratch_(kIsHalf<T> && matrix != nullptr ? kRowsAtOnce * columns : 0) {}

  const Sum<T> *read(const InnerLoops &loops, int64_t row, int64_t rows) {
    if (matrix_ == nullptr) return nullptr;
    const T *const from = matrix_ + row * columns_;
    if constexpr (kIsHalf<T>) {
      loops_of(loops, T{}).widen(from, rows * columns_, scratch_.data());
      return scratch_.data();
    } else {
      return from;
    }
  }

 private:
  const T *matrix_;
  int64_t columns_;
  std::vector<Sum<T>> scratch_;
};

// The same for rows to write.
template <class T>
class Target {
 public:
  Target(T *matrix, int64_t columns)
      : matrix_(matrix), columns_(columns), scratch_(kIsHalf<T> && matrix != nullptr ? kRowsAtOnce * columns : 0) {}

  Sum<T> *at(int64_t row) {
    if (matrix_ == nullptr) return nullptr;
    if constexpr (kIsHalf<T>) {
      return scratch_.data();
    } else {
      return matrix_ + row * columns_;
    }
  }

  // Rounds the rows in scratch to the matrix.
  void finish(const InnerLoops &loops, int64_t row, int64_t rows) {
    if constexpr (kIsHalf<T>) {
      if (matrix_ == nullptr) return;
      T *const to = matrix_ + row * columns_;
      loops_of(loops, T{})
          .finish({.sums = scratch_.data(),
                   .padded = columns_,
                   .scale = nullptr,
                   .bias = nullptr,
                   .output = to,
                   .output_step = columns_,
                   .residual = nullptr,
                   .rectify = false,
                   .output_rows = nullptr,
                   .first = 0,
                   .rows = rows,
                   .out = columns_});
    }
  }

 private:
  T *matrix_;
  int64_t columns_;
  std::vector<Sum<T>> scratch_;
};

int64_t segments_of(int64_t rows) {
  return std::min((rows + kSegmentRows - 1) / kSegmentRows, kMostSegments);
}

// Calls body(state, first row, rows) over the rows of each segment in order, at most kRowsAtOnce at a time. Each
// segment has a state of its own, made by make(segment, first row).
template <class Make, class Body>
void for_segments(int64_t rows, int64_t columns, const Make &make, const Body &body) {
  const int64_t segments = segments_of(rows);
  const Team team(std::min(1 + rows * columns / kSerialWork, std::max<int64_t>(segments, 1)));
  parallel_for(team, segments, [&](int64_t segment, int) {
    const Range range = part_of(rows, segments, segment);
    auto state = make(segment, range.begin);
    for (int64_t row = range.begin; row < range.end; row += kRowsAtOnce) {
      body(state, row, std::min(kRowsAtOnce, range.end - row));
    }
  });
}

template <class S>
std::vector<double> deviations(const NormTerms &terms) {
  std::vector<double> result(static_cast<std::size_t>(terms.variance.columns));
  for (std::size_t n = 0; n < result.size(); ++n) {
    result[n] = 1 / std::sqrt(static_cast<double>(data<const S>(terms.variance)[n]) + terms.epsilon);
  }
  return result;
}

// The mean, scale and shift of each column.
template <class S>
struct Columns {
  const S *mean;
  std::vector<S> scale, shift;

  Columns(const NormTerms &terms, const std::vector<double> &deviation)
      : mean(data<const S>(terms.mean)), scale(deviation.size()), shift(deviation.size()) {
    for (std::size_t n = 0; n < deviation.size(); ++n) {
      const double weight = terms.weight != nullptr ? data<const S>(*terms.weight)[n] : 1.0;
      scale[n] = static_cast<S>(weight * deviation[n]);
      shift[n] = terms.bias != nullptr ? data<const S>(*terms.bias)[n] : S(0);
    }
  }

  NormRows<S> of(const S *x, int64_t rows) const {
    return {.x = x,
            .rows = rows,
            .columns = static_cast<int64_t>(scale.size()),
            .mean = mean,
            .scale = scale.data(),
            .shift = shift.data()};
  }
};

// The moments of one segment: a number that is subtracted from each column, and the sum and the sum of squares of the
// differences.
template <class T>
struct Moments {
  int64_t rows;
  std::vector<Sum<T>> from;
  std::vector<double> sums, squares;

  double mean(std::size_t n) const { return static_cast<double>(from[n]) + sums[n] / static_cast<double>(rows); }
  double spread(std::size_t n) const { return squares[n] - sums[n] * sums[n] / static_cast<double>(rows); }
};

template <class T>
std::vector<Moments<T>> moments_of(const spc_matrix &input) {
  using S = Sum<T>;
  const InnerLoops &loops = active_loops();
  const int64_t columns = input.columns, segments = segments_of(input.rows);
  std::vector<Moments<T>> all(static_cast<std::size_t>(segments));
  const auto make = [&](int64_t segment, int64_t first) {
    const auto count = static_cast<std::size_t>(columns);
    const Range range = part_of(input.rows, segments, segment);
    Source<T> source(data<const T>(input), columns);
    const S *const row = source.read(loops, first, 1);
    Moments<T> &moments = all[segment];
    moments = {range.end - range.begin, std::vector<S>(count), std::vector<double>(count), std::vector<double>(count)};
    // The first row is near the mean, so that the squares stay small and the variance keeps its precision.
    for (std::size_t n = 0; n < count; ++n) moments.from[n] = std::isfinite(row[n]) ? row[n] : 0;
    return std::pair(std::move(source), &moments);
  };
  for_segments(input.rows, columns, make, [&](auto &state, int64_t first, int64_t count) {
    auto &[source, moments] = state;
    norm_loops_of(loops, S{})
        .add_moments({.of = {.x = source.read(loops, first, count),
                             .rows = count,
                             .columns = columns,
                             .mean = moments->from.data(),
                             .scale = nullptr,
                             .shift = nullptr},
                      .sums = moments->sums.data(),
                      .squares = moments->squares.data()});
  });
  return all;
}

template <class T>
void statistics(const spc_matrix &input, Sum<T> *mean, Sum<T> *variance) {
  const std::vector<Moments<T>> all = moments_of<T>(input);
  const auto rows = static_cast<double>(input.rows);
  for (std::size_t n = 0; n < static_cast<std::size_t>(input.columns); ++n) {
    double total = 0, spread = 0;
    for (const Moments<T> &part : all) total += part.mean(n) * static_cast<double>(part.rows);
    for (const Moments<T> &part : all) {
      const double away = part.mean(n) - total / rows;
      spread += part.spread(n) + away * away * static_cast<double>(part.rows);
    }
    mean[n] = static_cast<Sum<T>>(total / rows);
    variance[n] = static_cast<Sum<T>>(spread < 0 ? 0 : spread / rows);
  }
}

template <class T>
void forward(const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual, bool rectify,
             const spc_matrix &output) {
  using S = Sum<T>;
  const InnerLoops &loops = active_loops();
  const int64_t columns = input.columns;
  const Columns<S> by(terms, deviations<S>(terms));
  struct State {
    Source<T> x, residual;
    Target<T> output;
  };
  const auto make = [&](int64_t, int64_t) {
    return State{{data<const T>(input), columns},
                 {residual != nullptr ? data<const T>(*residual) : nullptr, columns},
                 {data<T>(output), columns}};
  };
  for_segments(input.rows, columns, make, [&](State &state, int64_t first, int64_t count) {
    const S *const x = state.x.read(loops, first, count), *const added = state.residual.read(loops, first, count);
    norm_loops_of(loops, S{})
        .apply({.of = by.of(x, count), .residual = added, .rectify = rectify, .output = state.output.at(first)});
    state.output.finish(loops, first, count);
  });
}

template <class T>
struct Backward {
  const T *x;
  const T *output;  // or null
  const T *gradient;
  NormMask mask;
  int64_t rows;
  int64_t columns;
};

// Calls body(loops, gradient, segment) for the rows of each segment. The gradient job has its inputs set, and the body
// sets the rest. Results go to `to`.
template <class T, class Body>
void for_gradients(const Backward<T> &job, const Columns<Sum<T>> &by, T *to, const Body &body) {
  const InnerLoops &loops = active_loops();
  struct State {
    int64_t segment;
    Source<T> x, output, gradient;
    Target<T> to;
  };
  const auto make = [&](int64_t segment, int64_t) {
    return State{
        segment, {job.x, job.columns}, {job.output, job.columns}, {job.gradient, job.columns}, {to, job.columns}};
  };
  for_segments(job.rows, job.columns, make, [&](State &state, int64_t first, int64_t count) {
    NormGradient<Sum<T>> rows{};
    rows.of = by.of(state.x.read(loops, first, count), count);
    rows.mask = job.mask;
    rows.output = state.output.read(loops, first, count);
    rows.gradient = state.gradient.read(loops, first, count);
    rows.to = state.to.at(first);
    body(norm_loops_of(loops, Sum<T>{}), rows, state.segment);
    state.to.finish(loops, first, count);
  });
}

// Over the gradients that ReLU lets through: their sums over all rows, followed by the sums of their products with
// x - mean. The gradients themselves are written to kept where it is given.
template <class T>
std::vector<double> gradient_sums(const Backward<T> &job, const Columns<Sum<T>> &by, T *kept) {
  const auto columns = static_cast<std::size_t>(job.columns);
  std::vector<std::vector<double>> parts(static_cast<std::size_t>(segments_of(job.rows)));
  for_gradients(job, by, kept, [&](const auto &loops, NormGradient<Sum<T>> &rows, int64_t segment) {
    std::vector<double> &sums = parts[segment];
    sums.resize(2 * columns);
    rows.sums = sums.data();
    rows.products = sums.data() + columns;
    loops.add_gradients(rows);
  });
  std::vector<double> total(2 * columns);
  for (const std::vector<double> &part : parts) {
    for (std::size_t n = 0; n < total.size(); ++n) total[n] += part[n];
  }
  return total;
}

template <class T>
void backward(Backward<T> job, const NormTerms &terms, bool of_input, const NormGradients &gradients) {
  using S = Sum<T>;
  const auto columns = static_cast<std::size_t>(job.columns);
  const std::vector<double> deviation = deviations<S>(terms);
  const Columns<S> by(terms, deviation);
  T *const kept = gradients.residual != nullptr ? data<T>(*gradients.residual) : nullptr;
  std::vector<double> sums(2 * columns);
  if (kept != nullptr || gradients.weight != nullptr || gradients.bias != nullptr || of_input) {
    sums = gradient_sums(job, by, kept);
  }
  if (kept != nullptr) {
    // The first pass has written the gradients that ReLU lets through there.
    job.gradient = kept;
    job.output = nullptr;
    job.mask = NormMask::kAll;
  }
  std::vector<S> offset(columns), slope(columns);
  for (std::size_t n = 0; n < columns; ++n) {
    const double sum = sums[n], product = sums[columns + n] * deviation[n], rows = static_cast<double>(job.rows);
    if (gradients.bias != nullptr) data<S>(*gradients.bias)[n] = static_cast<S>(sum);
    if (gradients.weight != nullptr) data<S>(*gradients.weight)[n] = static_cast<S>(product);
    if (!of_input || job.rows == 0) continue;
    offset[n] = static_cast<S>(sum / rows);
    slope[n] = static_cast<S>(product * deviation[n] / rows);
  }
  if (gradients.input == nullptr) return;
  for_gradients(job, by, data<T>(*gradients.input), [&](const auto &loops, NormGradient<S> &rows, int64_t) {
    rows.offset = offset.data();
    rows.slope = slope.data();
    loops.write_gradients(rows);
  });
}

void check_vector(const char *name, const spc_matrix *matrix, int64_t columns, int32_t type) {
  if (matrix != nullptr) check_matrix(name, *matrix, 1, columns, type);
}

void check_terms(const NormTerms &terms, int64_t columns, int32_t type) {
  check_vector("mean", &terms.mean, columns, type);
  check_vector("variance", &terms.variance, columns, type);
  check_vector("weight", terms.weight, columns, type);
  check_vector("bias", terms.bias, columns, type);
}

void check_activation(int32_t activation) {
  if (activation == SPC_IDENTITY || activation == SPC_RELU) return;
  fail_argument("activation is " + std::to_string(activation) + ", must be SPC_IDENTITY or SPC_RELU");
}

}  // namespace

void norm_statistics(const spc_matrix &input, const spc_matrix &mean, const spc_matrix &variance) {
  by_type(input.element_type, [&]<class T>(T) {
    check_matrix("input", input, input.rows, input.columns, input.element_type);
    check_vector("mean", &mean, input.columns, kSumType<Sum<T>>);
    check_vector("variance", &variance, input.columns, kSumType<Sum<T>>);
    if (input.rows == 0) fail_argument("input.rows is 0, must be 1 or more");
    statistics<T>(input, data<Sum<T>>(mean), data<Sum<T>>(variance));
  });
}

void norm_forward(const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual, int32_t activation,
                  const spc_matrix &output) {
  const int32_t type = input.element_type;
  check_activation(activation);
  by_type(type, [&]<class T>(T) {
    check_matrix("input", input, input.rows, input.columns, type);
    check_terms(terms, input.columns, kSumType<Sum<T>>);
    if (residual != nullptr) check_matrix("residual", *residual, input.rows, input.columns, type);
    check_matrix("output", output, input.rows, input.columns, type);
    prefer_large_pages<T>(output);
    forward<T>(input, terms, residual, activation == SPC_RELU, output);
  });
}

void norm_backward(const spc_matrix &input, const NormTerms &terms, int32_t statistics, int32_t activation,
                   const spc_matrix *output, const spc_matrix &grad_output, const NormGradients &gradients) {
  const int32_t type = input.element_type;
  check_activation(activation);
  if (statistics != SPC_NORM_GIVEN && statistics != SPC_NORM_OF_INPUT) {
    fail_argument("statistics is " + std::to_string(statistics) + ", must be SPC_NORM_GIVEN or SPC_NORM_OF_INPUT");
  }
  by_type(type, [&]<class T>(T) {
    constexpr int32_t kVector = kSumType<Sum<T>>;
    const auto check = [&](const char *name, const spc_matrix *matrix) {
      if (matrix != nullptr) check_matrix(name, *matrix, input.rows, input.columns, type);
    };
    check("input", &input);
    check_terms(terms, input.columns, kVector);
    check("output", output);
    check("grad_output", &grad_output);
    check("grad_input", gradients.input);
    check_vector("grad_weight", gradients.weight, input.columns, kVector);
    check_vector("grad_bias", gradients.bias, input.columns, kVector);
    check("grad_residual", gradients.residual);
    for (const spc_matrix *written : {gradients.input, gradients.residual}) {
      if (written != nullptr) prefer_large_pages<T>(*written);
    }
    const NormMask mask = activation == SPC_IDENTITY ? NormMask::kAll
                          : output != nullptr        ? NormMask::kByOutput
                                                     : NormMask::kByInput;
    const T *const saved = mask == NormMask::kByOutput ? data<const T>(*output) : nullptr;
    backward<T>({data<const T>(input), saved, data<const T>(grad_output), mask, input.rows, input.columns}, terms,
                statistics == SPC_NORM_OF_INPUT, gradients);
  });
}

}  // namespace spc
