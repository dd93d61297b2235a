// One convolution layer through the ABI, forward, fused and backward, with scratch of its own.
#pragma once

#include <limits>

#include "guarded.h"
#include "handles.h"

namespace test {

// Features of type T, weights and bias of type W.
template <class T, class W = T>
struct Gradients {
  Guarded<T> output, grad_input;
  Guarded<W> grad_weight, grad_bias;

  bool operator==(const Gradients &) const = default;
};

template <class T>
std::vector<T> cast(const oracle::Matrix &matrix) {
  return {matrix.begin(), matrix.end()};
}

template <class T>
Guarded<T> guarded(const oracle::Matrix &matrix) {
  return {matrix.begin(), matrix.end()};
}

inline Workspace workspace_for(const spc_rulebook *rulebook, int32_t direction, int32_t pass, int64_t in, int64_t out,
                               int32_t type, int64_t groups = 1) {
  int64_t bytes = -1;
  ok(spc_convolution_workspace(rulebook, direction, pass, groups, in, out, type, &bytes));
  return Workspace(bytes);
}

// Outputs start as NaN, so that what is not overwritten shows.
template <class T, class W = T>
Gradients<T, W> run_layer(const spc_rulebook *rulebook, int32_t direction, int64_t from_rows, int64_t to_rows,
                          int64_t in, int64_t out, const oracle::Matrix &input, const oracle::Matrix &weight,
                          const oracle::Matrix &bias, const oracle::Matrix &grad_output, int64_t groups = 1) {
  const int64_t weight_rows = spc_rulebook_taps(rulebook) * (in / groups);
  const auto fresh = []<class N>(N, int64_t count) {
    return Guarded<N>(static_cast<std::size_t>(count), N(std::numeric_limits<double>::quiet_NaN()));
  };
  Guarded<T> x = guarded<T>(input), g = guarded<T>(grad_output);
  Guarded<W> w = guarded<W>(weight), b = guarded<W>(bias);
  Gradients<T, W> result{fresh(T{}, to_rows * out), fresh(T{}, from_rows * in), fresh(W{}, weight_rows * out),
                         fresh(W{}, out)};
  const spc_matrix x_view = view(x, from_rows, in), w_view = view(w, weight_rows, out), b_view = view(b, 1, out);
  const spc_matrix g_view = view(g, to_rows, out), y_view = view(result.output, to_rows, out);
  const spc_matrix dx_view = view(result.grad_input, from_rows, in),
                   dw_view = view(result.grad_weight, weight_rows, out);
  const spc_matrix db_view = view(result.grad_bias, 1, out);
  const auto scratch = [&](int32_t pass) {
    return workspace_for(rulebook, direction, pass, in, out, kTypeOf<T>, groups);
  };
  {
    Workspace space = scratch(SPC_FORWARD);
    ok(spc_convolution_forward(rulebook, direction, groups, &x_view, &w_view, nullptr, bias.empty() ? nullptr : &b_view,
                               nullptr, SPC_IDENTITY, space.data(), space.bytes(), nullptr, &y_view));
  }
  {
    Workspace space = scratch(SPC_BACKWARD_INPUT);
    ok(spc_convolution_backward_input(rulebook, direction, groups, &g_view, &w_view, space.data(), space.bytes(),
                                      nullptr, &dx_view));
  }
  {
    Workspace space = scratch(SPC_BACKWARD_WEIGHT);
    ok(spc_convolution_backward_weight(rulebook, direction, groups, &x_view, &g_view, space.data(), space.bytes(),
                                       nullptr, &dw_view, bias.empty() ? nullptr : &db_view));
  }
  return result;
}

struct Epilogue {
  bool scale, bias, residual;
  int32_t activation;
};

template <class T>
Guarded<T> run_fused(const spc_rulebook *rulebook, const oracle::Run &run, const oracle::Matrix &input,
                     const oracle::Matrix &weight, const oracle::Matrix &scale, const oracle::Matrix &bias,
                     const oracle::Matrix &residual, const Epilogue &epilogue) {
  const int32_t direction = run.reversed ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
  Guarded<T> x = guarded<T>(input), w = guarded<T>(weight), b = guarded<T>(bias);
  Guarded<T> s = guarded<T>(scale), r = guarded<T>(residual);
  Guarded<T> y(static_cast<std::size_t>(run.to_rows * run.out), T(std::numeric_limits<double>::quiet_NaN()));
  const int64_t weight_rows = spc_rulebook_taps(rulebook) * (run.in / run.groups);
  const spc_matrix x_view = view(x, run.from_rows, run.in), w_view = view(w, weight_rows, run.out);
  const spc_matrix s_view = view(s, 1, run.out), b_view = view(b, 1, run.out), r_view = view(r, run.to_rows, run.out);
  const spc_matrix y_view = view(y, run.to_rows, run.out);
  Workspace space = workspace_for(rulebook, direction, SPC_FORWARD, run.in, run.out, kTypeOf<T>, run.groups);
  ok(spc_convolution_forward(rulebook, direction, run.groups, &x_view, &w_view, epilogue.scale ? &s_view : nullptr,
                             epilogue.bias ? &b_view : nullptr, epilogue.residual ? &r_view : nullptr,
                             epilogue.activation, space.data(), space.bytes(), nullptr, &y_view));
  return y;
}

}  // namespace test
