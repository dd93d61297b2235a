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
constexpr int64_t kRowsAtOnce = 4;

template <class S>
constexpr int32_t kSumType = sizeof(S) == 8 ? SPC_FLOAT64 : SPC_FLOAT32;

// Rows as numbers to compute with: where they lie, or widened into scratch.
template <class T>
class Source {
 public:
  Source(const T *matrix, int64_t columns)
      : matrix_(matrix), columns_(columns), scratch_(kIsHalf<T> && matrix != nullptr ? kRowsAtOnce * columns : 0) {}

  const Sum<T> *read(const Kernels &kernels, int64_t row, int64_t rows) {
    if (matrix_ == nullptr) return nullptr;
    const T *const from = matrix_ + row * columns_;
    if constexpr (kIsHalf<T>) {
      kernels_of(kernels, T{}).widen(from, rows * columns_, scratch_.data());
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

// The same for rows that are written.
template <class T>
class Target {
 public:
  Target(T *matrix, int64_t columns)
      : matrix_(matrix), columns_(columns), scratch_(kIsHalf<T> && matrix != nullptr ? kRowsAtOnce * columns : 0) {}

  Sum<T> *at(int64_t row) {
    if constexpr (kIsHalf<T>) {
      return matrix_ == nullptr ? nullptr : scratch_.data();
    } else {
      return matrix_ == nullptr ? nullptr : matrix_ + row * columns_;
    }
  }

  void finish(int64_t row, int64_t rows) {
    if constexpr (kIsHalf<T>) {
      if (matrix_ == nullptr) return;
      T *const to = matrix_ + row * columns_;
      for (int64_t i = 0; i < rows * columns_; ++i) narrow(scratch_[i], to[i]);
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

// Calls body(state, first row, rows) over the rows of each segment in order, at most kRowsAtOnce at a time; the state
// is the segment's own, made by make(segment, first row).
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

// sums += x - shift and squares += (x - shift)^2 over rows of a matrix.
template <int64_t Rows, class S>
void add_moments(const S *__restrict x, const double *__restrict shift, int64_t columns, double *__restrict sums,
                 double *__restrict squares) {
  for (int64_t n = 0; n < columns; ++n) {
    double sum = 0, square = 0;
    for (int64_t i = 0; i < Rows; ++i) {
      const double value = static_cast<double>(x[i * columns + n]) - shift[n];
      sum += value;
      square += value * value;
    }
    sums[n] += sum;
    squares[n] += square;
  }
}

template <class S>
struct Terms {
  const S *mean, *scale, *shift;
  int64_t columns;
};

// Column by column, what the loops over rows read.
template <class S>
struct Columns {
  std::vector<S> mean, scale, shift;

  Terms<S> terms() const { return {mean.data(), scale.data(), shift.data(), static_cast<int64_t>(mean.size())}; }
};

template <class S>
std::vector<double> deviations(const NormTerms &terms) {
  std::vector<double> result(terms.variance.columns);
  for (std::size_t n = 0; n < result.size(); ++n) {
    result[n] = 1 / std::sqrt(static_cast<double>(data<const S>(terms.variance)[n]) + terms.epsilon);
  }
  return result;
}

template <class S>
Columns<S> columns_of(const NormTerms &terms, const std::vector<double> &deviation) {
  const std::size_t count = deviation.size();
  Columns<S> result{std::vector<S>(count), std::vector<S>(count), std::vector<S>(count)};
  for (std::size_t n = 0; n < count; ++n) {
    const double weight = terms.weight != nullptr ? data<const S>(*terms.weight)[n] : 1.0;
    result.mean[n] = data<const S>(terms.mean)[n];
    result.scale[n] = static_cast<S>(weight * deviation[n]);
    result.shift[n] = terms.bias != nullptr ? data<const S>(*terms.bias)[n] : S(0);
  }
  return result;
}

// output = (x - mean) * scale + shift + residual, rectified or not, over one row; x is output where InPlace.
template <bool InPlace, bool Residual, bool Rectify, class S>
void apply(const S *__restrict x, const S *__restrict residual, const Terms<S> &job, S *__restrict output) {
  const Terms<S> terms = job;
  for (int64_t n = 0; n < terms.columns; ++n) {
    S value = ((InPlace ? output[n] : x[n]) - terms.mean[n]) * terms.scale[n] + terms.shift[n];
    if constexpr (Residual) value += residual[n];
    if constexpr (Rectify) value = value < 0 ? S(0) : value;
    output[n] = value;
  }
}

template <bool InPlace, class S>
void apply(const S *x, const S *residual, const Terms<S> &terms, bool rectify, S *output) {
  if (residual != nullptr) {
    rectify ? apply<InPlace, true, true>(x, residual, terms, output)
            : apply<InPlace, true, false>(x, residual, terms, output);
  } else {
    rectify ? apply<InPlace, false, true>(x, residual, terms, output)
            : apply<InPlace, false, false>(x, residual, terms, output);
  }
}

// Which gradients ReLU lets through.
enum class Mask {
  kAll,
  kByInput,   // where the output, computed again, is above zero or not a number
  kByOutput,  // where the output is
};

template <Mask kMask, class S>
S masked(S gradient, S x, S output, const Terms<S> &terms, int64_t n) {
  if constexpr (kMask == Mask::kAll) return gradient;
  const S value = kMask == Mask::kByInput ? (x - terms.mean[n]) * terms.scale[n] + terms.shift[n] : output;
  return value <= 0 ? S(0) : gradient;
}

// sums += g and products += g * (x - mean) over rows, where g is the gradient that ReLU lets through; written to kept,
// where that is given.
template <Mask kMask, int64_t Rows, class S>
void add_gradients(const S *__restrict x, const S *__restrict output, const S *__restrict gradient, const Terms<S> &job,
                   S *__restrict kept, double *__restrict sums, double *__restrict products) {
  const Terms<S> terms = job;
  for (int64_t n = 0; n < terms.columns; ++n) {
    double sum = 0, product = 0;
    const double mean = terms.mean[n];
    for (int64_t i = 0; i < Rows; ++i) {
      const int64_t at = i * terms.columns + n;
      const S g = masked<kMask>(gradient[at], x[at], kMask == Mask::kByOutput ? output[at] : S(0), terms, n);
      if (kept != nullptr) kept[at] = g;
      sum += g;
      product += static_cast<double>(g) * (static_cast<double>(x[at]) - mean);
    }
    sums[n] += sum;
    products[n] += product;
  }
}

// to = scale * (g - offset - (x - mean) * slope)
template <Mask kMask, class S>
void write_gradients(const S *__restrict x, const S *__restrict output, const S *__restrict gradient,
                     const Terms<S> &job, const S *__restrict offset, const S *__restrict slope, S *__restrict to) {
  const Terms<S> terms = job;
  for (int64_t n = 0; n < terms.columns; ++n) {
    const S g = masked<kMask>(gradient[n], x[n], kMask == Mask::kByOutput ? output[n] : S(0), terms, n);
    to[n] = terms.scale[n] * (g - offset[n] - (x[n] - terms.mean[n]) * slope[n]);
  }
}

// Calls run with the mask as a type's value, so that loops have no branch.
template <class Run>
void by_mask(Mask mask, const Run &run) {
  switch (mask) {
    case Mask::kAll:
      return run.template operator()<Mask::kAll>();
    case Mask::kByInput:
      return run.template operator()<Mask::kByInput>();
    default:
      return run.template operator()<Mask::kByOutput>();
  }
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

template <class T>
void statistics(const spc_matrix &input, Sum<T> *mean, Sum<T> *variance) {
  const Kernels &kernels = active_kernels();
  const int64_t rows = input.rows, columns = input.columns, segments = segments_of(rows);
  // Of each segment: the number that is subtracted from a column, and the sum and the sum of squares of what is left.
  std::vector<double> moments(static_cast<std::size_t>(segments * 3 * columns));
  const auto make = [&](int64_t segment, int64_t first) {
    Source<T> source(data<const T>(input), columns);
    double *const shift = moments.data() + segment * 3 * columns;
    const Sum<T> *const row = source.read(kernels, first, 1);
    for (int64_t n = 0; n < columns; ++n) shift[n] = std::isfinite(row[n]) ? row[n] : 0;
    return std::pair(std::move(source), shift);
  };
  for_segments(rows, columns, make, [&](auto &state, int64_t first, int64_t count) {
    auto &[source, shift] = state;
    const Sum<T> *const x = source.read(kernels, first, count);
    double *const sums = shift + columns, *const squares = sums + columns;
    if (count == kRowsAtOnce) return add_moments<kRowsAtOnce>(x, shift, columns, sums, squares);
    for (int64_t i = 0; i < count; ++i) add_moments<1>(x + i * columns, shift, columns, sums, squares);
  });
  const auto rows_of = [&](int64_t segment) {
    const Range range = part_of(rows, segments, segment);
    return static_cast<double>(range.end - range.begin);
  };
  for (int64_t n = 0; n < columns; ++n) {
    double total = 0, spread = 0;
    const auto moment = [&](int64_t segment, int64_t which) { return moments[(segment * 3 + which) * columns + n]; };
    const auto mean_of = [&](int64_t segment) { return moment(segment, 0) + moment(segment, 1) / rows_of(segment); };
    for (int64_t s = 0; s < segments; ++s) total += mean_of(s) * rows_of(s);
    const double middle = total / static_cast<double>(rows);
    for (int64_t s = 0; s < segments; ++s) {
      const double away = mean_of(s) - middle, sum = moment(s, 1);
      spread += moment(s, 2) - sum * sum / rows_of(s) + away * away * rows_of(s);
    }
    mean[n] = static_cast<Sum<T>>(middle);
    variance[n] = static_cast<Sum<T>>(spread < 0 ? 0 : spread / static_cast<double>(rows));
  }
}

template <class T>
void forward(const spc_matrix &input, const NormTerms &given, const spc_matrix *residual, bool rectify,
             const spc_matrix &output) {
  using S = Sum<T>;
  const Kernels &kernels = active_kernels();
  const int64_t columns = input.columns;
  const Columns<S> all = columns_of<S>(given, deviations<S>(given));
  const Terms<S> terms = all.terms();
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
    const S *const x = state.x.read(kernels, first, count), *const other = state.residual.read(kernels, first, count);
    S *const to = state.output.at(first);
    for (int64_t i = 0; i < count * columns; i += columns) {
      const S *const added = other != nullptr ? other + i : nullptr;
      x == to ? apply<true, S>(nullptr, added, terms, rectify, to + i)
              : apply<false, S>(x + i, added, terms, rectify, to + i);
    }
    state.output.finish(first, count);
  });
}

template <class T>
struct Backward {
  const T *x;
  const T *output;  // or null
  const T *gradient;
  Mask mask;
  int64_t rows;
  int64_t columns;
};

// The sums over all rows, one after the other, of the gradients that ReLU lets through and of their products with
// x - mean. Writes these gradients to kept, where that is given.
template <class T>
std::vector<double> gradient_sums(const Backward<T> &job, const Terms<Sum<T>> &terms, T *kept) {
  using S = Sum<T>;
  const Kernels &kernels = active_kernels();
  const int64_t columns = job.columns, segments = segments_of(job.rows);
  std::vector<double> sums(static_cast<std::size_t>(segments * 2 * columns));
  struct State {
    Source<T> x, output, gradient;
    Target<T> kept;
    double *sums;
  };
  const auto make = [&](int64_t segment, int64_t) {
    return State{{job.x, columns},
                 {job.output, columns},
                 {job.gradient, columns},
                 {kept, columns},
                 sums.data() + segment * 2 * columns};
  };
  for_segments(job.rows, columns, make, [&](State &state, int64_t first, int64_t count) {
    const S *const x = state.x.read(kernels, first, count), *const y = state.output.read(kernels, first, count);
    const S *const g = state.gradient.read(kernels, first, count);
    S *const to = state.kept.at(first);
    double *const products = state.sums + columns;
    by_mask(job.mask, [&]<Mask kMask>() {
      if (count == kRowsAtOnce) return add_gradients<kMask, kRowsAtOnce>(x, y, g, terms, to, state.sums, products);
      for (int64_t i = 0; i < count * columns; i += columns) {
        add_gradients<kMask, 1>(x + i, y != nullptr ? y + i : nullptr, g + i, terms, to != nullptr ? to + i : nullptr,
                                state.sums, products);
      }
    });
    state.kept.finish(first, count);
  });
  std::vector<double> total(static_cast<std::size_t>(2 * columns));
  for (int64_t s = 0; s < segments; ++s) {
    for (int64_t n = 0; n < 2 * columns; ++n) total[n] += sums[s * 2 * columns + n];
  }
  return total;
}

template <class T>
void input_gradients(const Backward<T> &job, const Terms<Sum<T>> &terms, const std::vector<Sum<T>> &offset,
                     const std::vector<Sum<T>> &slope, T *to) {
  using S = Sum<T>;
  const Kernels &kernels = active_kernels();
  const int64_t columns = job.columns;
  struct State {
    Source<T> x, output, gradient;
    Target<T> to;
  };
  const auto make = [&](int64_t, int64_t) {
    return State{{job.x, columns}, {job.output, columns}, {job.gradient, columns}, {to, columns}};
  };
  for_segments(job.rows, columns, make, [&](State &state, int64_t first, int64_t count) {
    const S *const x = state.x.read(kernels, first, count), *const y = state.output.read(kernels, first, count);
    const S *const g = state.gradient.read(kernels, first, count);
    S *const written = state.to.at(first);
    by_mask(job.mask, [&]<Mask kMask>() {
      for (int64_t i = 0; i < count * columns; i += columns) {
        write_gradients<kMask>(x + i, y != nullptr ? y + i : nullptr, g + i, terms, offset.data(), slope.data(),
                               written + i);
      }
    });
    state.to.finish(first, count);
  });
}

template <class T>
void backward(Backward<T> job, const NormTerms &given, bool of_batch, const NormGradients &gradients) {
  using S = Sum<T>;
  const int64_t columns = job.columns;
  const std::vector<double> deviation = deviations<S>(given);
  const Columns<S> all = columns_of<S>(given, deviation);
  T *const kept = gradients.residual != nullptr ? data<T>(*gradients.residual) : nullptr;
  const bool parameters = gradients.weight != nullptr || gradients.bias != nullptr;
  std::vector<double> sums(static_cast<std::size_t>(2 * columns));
  if (kept != nullptr || parameters || of_batch) {
    sums = gradient_sums(job, all.terms(), kept);
  }
  if (kept != nullptr) {
    // What ReLU lets through stands there already.
    job.gradient = kept;
    job.output = nullptr;
    job.mask = Mask::kAll;
  }
  std::vector<S> offset(static_cast<std::size_t>(columns)), slope(offset.size());
  for (int64_t n = 0; n < columns; ++n) {
    const double sum = sums[n], product = sums[columns + n] * deviation[n], rows = static_cast<double>(job.rows);
    if (gradients.bias != nullptr) data<S>(*gradients.bias)[n] = static_cast<S>(sum);
    if (gradients.weight != nullptr) data<S>(*gradients.weight)[n] = static_cast<S>(product);
    if (!of_batch || job.rows == 0) continue;
    offset[n] = static_cast<S>(sum / rows);
    slope[n] = static_cast<S>(product * deviation[n] / rows);
  }
  if (gradients.input != nullptr) input_gradients(job, all.terms(), offset, slope, data<T>(*gradients.input));
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
    const Mask mask = activation == SPC_IDENTITY ? Mask::kAll : output != nullptr ? Mask::kByOutput : Mask::kByInput;
    const T *const saved = mask == Mask::kByOutput ? data<const T>(*output) : nullptr;
    backward<T>({data<const T>(input), saved, data<const T>(grad_output), mask, input.rows, input.columns}, terms,
                statistics == SPC_NORM_OF_INPUT, gradients);
  });
}

}  // namespace spc
