// One convolution layer through the ABI, forward and backward, with scratch of its own.
#pragma once

#include <limits>

#include "handles.h"

namespace test {

template <class T>
struct Gradients {
  std::vector<T> output, grad_input, grad_weight, grad_bias;

  bool operator==(const Gradients &) const = default;
};

template <class T>
std::vector<T> cast(const oracle::Matrix &matrix) {
  return {matrix.begin(), matrix.end()};
}

inline Workspace workspace_for(const spc_rulebook *rulebook, int32_t direction, int32_t pass, int64_t in, int64_t out,
                               int32_t type) {
  int64_t bytes = -1;
  ok(spc_convolution_workspace(rulebook, direction, pass, in, out, type, &bytes));
  return Workspace(bytes);
}

// Outputs start as NaN, so that what is not overwritten shows.
template <class T>
Gradients<T> run_layer(const spc_rulebook *rulebook, int32_t direction, int64_t from_rows, int64_t to_rows, int64_t in,
                       int64_t out, const oracle::Matrix &input, const oracle::Matrix &weight,
                       const oracle::Matrix &bias, const oracle::Matrix &grad_output) {
  const int64_t taps = spc_rulebook_taps(rulebook);
  const auto fresh = [](int64_t count) {
    return std::vector<T>(static_cast<std::size_t>(count), std::numeric_limits<T>::quiet_NaN());
  };
  std::vector<T> x = cast<T>(input), w = cast<T>(weight), b = cast<T>(bias), g = cast<T>(grad_output);
  Gradients<T> result{fresh(to_rows * out), fresh(from_rows * in), fresh(taps * in * out), fresh(out)};
  const spc_matrix x_view = view(x, from_rows, in), w_view = view(w, taps * in, out), b_view = view(b, 1, out);
  const spc_matrix g_view = view(g, to_rows, out), y_view = view(result.output, to_rows, out);
  const spc_matrix dx_view = view(result.grad_input, from_rows, in), dw_view = view(result.grad_weight, taps * in, out);
  const spc_matrix db_view = view(result.grad_bias, 1, out);
  const auto scratch = [&](int32_t pass) { return workspace_for(rulebook, direction, pass, in, out, kTypeOf<T>); };
  {
    Workspace space = scratch(SPC_FORWARD);
    ok(spc_convolution_forward(rulebook, direction, &x_view, &w_view, bias.empty() ? nullptr : &b_view, space.data(),
                               space.bytes(), &y_view));
  }
  {
    Workspace space = scratch(SPC_BACKWARD_INPUT);
    ok(spc_convolution_backward_input(rulebook, direction, &g_view, &w_view, space.data(), space.bytes(), &dx_view));
  }
  {
    Workspace space = scratch(SPC_BACKWARD_WEIGHT);
    ok(spc_convolution_backward_weight(rulebook, direction, &x_view, &g_view, space.data(), space.bytes(), &dw_view,
                                       bias.empty() ? nullptr : &db_view));
  }
  return result;
}

}  // namespace test
