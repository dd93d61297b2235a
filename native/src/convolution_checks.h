// Checks of the arguments of a convolution, for both engines. `device` is that of the rulebook.
#pragma once

#include <string>

#include "matrix.h"

namespace spc {

constexpr int64_t kWorkspaceAlignment = 64;

inline void check_workspace(const void *workspace, int64_t bytes, int64_t least) {
  if (bytes < least) {
    fail_argument("workspace_bytes is " + std::to_string(bytes) + ", must be at least " + std::to_string(least));
  }
  if (least == 0) return;
  if (workspace == nullptr) fail_argument("workspace is NULL");
  if (reinterpret_cast<uintptr_t>(workspace) % kWorkspaceAlignment != 0) {
    fail_argument("workspace is not aligned to 64 bytes");
  }
}

inline void check_groups(int64_t groups, int64_t in, int64_t out) {
  if (groups >= 1 && in % groups == 0 && out % groups == 0) return;
  fail_argument("groups is " + std::to_string(groups) + ", must be positive and divide " + std::to_string(in) +
                " input and " + std::to_string(out) + " output channels");
}

inline void check_pass(int32_t pass) {
  if (pass >= SPC_FORWARD && pass <= SPC_BACKWARD_WEIGHT) return;
  fail_argument("pass is " + std::to_string(pass) + ", must be SPC_FORWARD, SPC_BACKWARD_INPUT or SPC_BACKWARD_WEIGHT");
}

// The number of rows on the side that is read and on the side that is written.
struct ConvolutionRows {
  int64_t taps, read, written;
};

inline void check_forward(const ConvolutionRows &rows, int64_t groups, const spc_matrix &input,
                          const spc_matrix &weight, const Epilogue &epilogue, const spc_matrix &output,
                          int32_t device = -1) {
  const int64_t in = input.columns, out = output.columns;
  const int32_t type = input.element_type;
  check_element_type(type);
  check_channels("input.columns", in);
  check_channels("output.columns", out);
  check_groups(groups, in, out);
  check_matrix("input", input, rows.read, in, type, device);
  check_parameter("weight", weight, rows.taps * (in / groups), out, type, device);
  const auto &[scale, bias, residual, activation] = epilogue;
  if (scale != nullptr) check_parameter("scale", *scale, 1, out, type, device);
  if (bias != nullptr) check_parameter("bias", *bias, 1, out, type, device);
  if (residual != nullptr) check_matrix("residual", *residual, rows.written, out, type, device);
  if (activation != SPC_IDENTITY && activation != SPC_RELU) {
    fail_argument("activation is " + std::to_string(activation) + ", must be SPC_IDENTITY or SPC_RELU");
  }
  check_matrix("output", output, rows.written, out, type, device);
}

inline void check_backward_input(const ConvolutionRows &rows, int64_t groups, const spc_matrix &grad_output,
                                 const spc_matrix &weight, const spc_matrix &grad_input, int32_t device = -1) {
  const int64_t in = grad_input.columns, out = grad_output.columns;
  const int32_t type = grad_output.element_type;
  check_element_type(type);
  check_channels("grad_input.columns", in);
  check_channels("grad_output.columns", out);
  check_groups(groups, in, out);
  check_matrix("grad_output", grad_output, rows.written, out, type, device);
  check_parameter("weight", weight, rows.taps * (in / groups), out, type, device);
  check_matrix("grad_input", grad_input, rows.read, in, type, device);
}

inline void check_backward_weight(const ConvolutionRows &rows, int64_t groups, const spc_matrix &input,
                                  const spc_matrix &grad_output, const spc_matrix &grad_weight,
                                  const spc_matrix *grad_bias, int32_t device = -1) {
  const int64_t in = input.columns, out = grad_output.columns;
  const int32_t type = input.element_type;
  check_element_type(type);
  check_channels("input.columns", in);
  check_channels("output.columns", out);
  check_groups(groups, in, out);
  check_matrix("input", input, rows.read, in, type, device);
  check_matrix("grad_output", grad_output, rows.written, out, type, device);
  check_parameter("grad_weight", grad_weight, rows.taps * (in / groups), out, type, device);
  if (grad_bias != nullptr) check_parameter("grad_bias", *grad_bias, 1, out, type, device);
}

}  // namespace spc
