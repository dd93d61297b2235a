// The inner loops of norms, for gemm-inl.h. The rules of that file hold here, too. Vectors of columns go down the rows
// at hand, so that sums stay in registers; columns that fill no vector take the same steps one by one.
#pragma once

#include "cpu/lanes-inl.h"

namespace spc {
namespace {

// One column, in the place of a vector of them.
template <class S>
struct Single {
  using Value = S;
  static constexpr int64_t kWidth = 1;
  static S read(const S *from) { return *from; }
  static void write(S *to, S value) { *to = value; }
  static S positive(S value, S where) { return value <= 0 ? S(0) : where; }
  static S rectified(S value) { return value < 0 ? S(0) : value; }  // not-a-number stays
  static void add(S value, double *to) { *to += value; }
};

template <class S>
struct Several {
  using Value = typename Lanes<S>::Vector;
  static constexpr int64_t kWidth = kLanes<S>;
  static Value read(const S *from) { return load(from); }
  static void write(S *to, Value value) { store(to, value); }
  static Value positive(Value value, Value where) { return value <= Value{} ? Value{} : where; }
  static Value rectified(Value value) { return value < Value{} ? Value{} : value; }
  static void add(Value value, double *to) {
    for (int64_t i = 0; i < kWidth; ++i) to[i] += value[i];
  }
};

// Calls body(first column) for columns taken as vectors, and then for those that are left.
template <class S, class Body>
void for_columns(int64_t columns, const Body &body) {
  int64_t n = 0;
  for (; n + kLanes<S> <= columns; n += kLanes<S>) body.template operator()<Several<S>>(n);
  for (; n < columns; ++n) body.template operator()<Single<S>>(n);
}

template <class S>
void norm_add_moments(const NormMoments<S> &job) {
  const NormRows<S> of = job.of;
  const int64_t ahead = of.rows * of.columns;  // what comes next
  for_columns<S>(of.columns, [&]<class W>(int64_t n) {
    const typename W::Value mean = W::read(of.mean + n);
    typename W::Value sum{}, square{};
    const S *x = of.x + n;
    for (int64_t i = 0; i < of.rows; ++i, x += of.columns) {
      const typename W::Value value = W::read(x) - mean;
      __builtin_prefetch(x + ahead);
      sum += value;
      square += value * value;
    }
    W::add(sum, job.sums + n);
    W::add(square, job.squares + n);
  });
}

template <class W, class S>
typename W::Value normal(const NormRows<S> &of, const S *x, int64_t n) {
  return (W::read(x) - W::read(of.mean + n)) * W::read(of.scale + n) + W::read(of.shift + n);
}

template <bool Residual, bool Rectify, class S>
void apply_rows(const NormApply<S> &job) {
  const NormRows<S> of = job.of;
  S *const output = job.output;
  const S *const residual = job.residual;
  for (int64_t first = 0; first < of.rows * of.columns; first += of.columns) {
    for_columns<S>(of.columns, [&]<class W>(int64_t n) {
      typename W::Value value = normal<W>(of, of.x + first + n, n);
      if constexpr (Residual) value += W::read(residual + first + n);
      if constexpr (Rectify) value = W::rectified(value);
      W::write(output + first + n, value);
    });
  }
}

template <class S>
void norm_apply(const NormApply<S> &job) {
  if (job.residual != nullptr) return job.rectify ? apply_rows<true, true>(job) : apply_rows<true, false>(job);
  return job.rectify ? apply_rows<false, true>(job) : apply_rows<false, false>(job);
}

template <NormMask kMask, class W, class S>
typename W::Value passed(const NormGradient<S> &job, int64_t at, int64_t n) {
  const typename W::Value gradient = W::read(job.gradient + at);
  if constexpr (kMask == NormMask::kByInput) return W::positive(normal<W>(job.of, job.of.x + at, n), gradient);
  if constexpr (kMask == NormMask::kByOutput) return W::positive(W::read(job.output + at), gradient);
  return gradient;
}

template <NormMask kMask, bool Keep, class S>
void add_gradient_rows(const NormGradient<S> &given) {
  const NormGradient<S> job = given;
  const int64_t ahead = job.of.rows * job.of.columns;  // what comes next
  for_columns<S>(job.of.columns, [&]<class W>(int64_t n) {
    const typename W::Value mean = W::read(job.of.mean + n);
    typename W::Value sum{}, product{};
    for (int64_t i = 0, at = n; i < job.of.rows; ++i, at += job.of.columns) {
      const typename W::Value gradient = passed<kMask, W>(job, at, n);
      __builtin_prefetch(job.gradient + at + ahead);
      __builtin_prefetch(job.of.x + at + ahead);
      if constexpr (kMask == NormMask::kByOutput) __builtin_prefetch(job.output + at + ahead);
      if constexpr (Keep) W::write(job.to + at, gradient);
      sum += gradient;
      product += gradient * (W::read(job.of.x + at) - mean);
    }
    W::add(sum, job.sums + n);
    W::add(product, job.products + n);
  });
}

template <NormMask kMask, class S>
void write_gradient_rows(const NormGradient<S> &given) {
  const NormGradient<S> job = given;
  for (int64_t first = 0; first < job.of.rows * job.of.columns; first += job.of.columns) {
    for_columns<S>(job.of.columns, [&]<class W>(int64_t n) {
      const typename W::Value away = W::read(job.of.x + first + n) - W::read(job.of.mean + n);
      const typename W::Value rest = passed<kMask, W>(job, first + n, n) - W::read(job.offset + n);
      W::write(job.to + first + n, W::read(job.of.scale + n) * (rest - away * W::read(job.slope + n)));
    });
  }
}

template <class S>
void norm_add_gradients(const NormGradient<S> &job) {
  const auto run = [&]<NormMask kMask>() {
    return job.to != nullptr ? add_gradient_rows<kMask, true>(job) : add_gradient_rows<kMask, false>(job);
  };
  if (job.mask == NormMask::kByInput) return run.template operator()<NormMask::kByInput>();
  if (job.mask == NormMask::kByOutput) return run.template operator()<NormMask::kByOutput>();
  return run.template operator()<NormMask::kAll>();
}

template <class S>
void norm_write_gradients(const NormGradient<S> &job) {
  if (job.mask == NormMask::kByInput) return write_gradient_rows<NormMask::kByInput>(job);
  if (job.mask == NormMask::kByOutput) return write_gradient_rows<NormMask::kByOutput>(job);
  return write_gradient_rows<NormMask::kAll>(job);
}

template <class S>
constexpr NormLoops<S> make_norm_loops() {
  return {.add_moments = norm_add_moments<S>,
          .apply = norm_apply<S>,
          .add_gradients = norm_add_gradients<S>,
          .write_gradients = norm_write_gradients<S>};
}

}  // namespace
}  // namespace spc
