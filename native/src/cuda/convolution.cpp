#include "cuda/convolution.h"

#include <atomic>

#include "convolution_checks.h"
#include "cuda/forward_pass.h"
#include "cuda/weight_pass.h"

namespace spc::cuda {
namespace {

std::atomic<bool> tf32{false};

ConvolutionRows rows_of(const Rulebook &rulebook, int32_t direction) {
  return {rulebook.taps(), rulebook.rows_read(direction), rulebook.rows_written(direction)};
}

int32_t opposite(int32_t direction) {
  return direction == SPC_FINE_TO_COARSE ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
}

Route route_along(const Rulebook &rulebook, int32_t direction) {
  Route route;
  route.taps = rulebook.taps();
  for (int64_t tap = 0; tap <= route.taps; ++tap) route.starts.push_back(rulebook.start(tap));
  route.device_starts = rulebook.device_starts();
  route.from = rulebook.pair_rows(direction == SPC_FINE_TO_COARSE);
  route.to = rulebook.pair_rows(direction != SPC_FINE_TO_COARSE);
  route.rows_read = rulebook.rows_read(direction);
  route.written = rulebook.written(direction);
  return route;
}

Channels channels_of(int64_t groups, int64_t in, int64_t out, int32_t type) {
  return {groups, in / groups, out / groups, type};
}

}  // namespace

int64_t convolution_workspace(const Rulebook &rulebook, int32_t direction, int32_t pass, int64_t groups, int64_t in,
                              int64_t out, int32_t element_type) {
  check_direction(direction);
  check_channels("in_channels", in);
  check_channels("out_channels", out);
  check_groups(groups, in, out);
  check_pass(pass);
  check_element_type(element_type);
  const Channels channels = channels_of(groups, in, out, element_type);
  const auto [taps, read, written] = rows_of(rulebook, direction);
  const bool has_table = taps <= kMostTableTaps;
  if (pass == SPC_FORWARD) return forward_workspace({taps, read, written, has_table}, channels);
  if (pass == SPC_BACKWARD_INPUT) return forward_workspace({taps, written, read, has_table}, channels.reversed());
  return weight_workspace({taps, rulebook.pairs(), read, written}, channels);
}

void convolution_forward(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                         const spc_matrix &input, const spc_matrix &weight, const Epilogue &epilogue, void *workspace,
                         int64_t workspace_bytes, const spc_matrix &output) {
  check_direction(direction);
  const int32_t device = queue.device().number();
  check_forward(rows_of(rulebook, direction), groups, input, weight, epilogue, output, device);
  const Channels channels = channels_of(groups, input.columns, output.columns, input.element_type);
  check_workspace(workspace, workspace_bytes,
                  convolution_workspace(rulebook, direction, SPC_FORWARD, groups, input.columns, output.columns,
                                        input.element_type));
  const Route route = route_along(rulebook, direction);
  const ForwardPass pass{route, channels, input.data, weight, false, epilogue, output.data};
  run_forward(queue, pass, choose_forward_tile(queue, pass, workspace), workspace);
}

void convolution_backward_input(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                                const spc_matrix &grad_output, const spc_matrix &weight, void *workspace,
                                int64_t workspace_bytes, const spc_matrix &grad_input) {
  check_direction(direction);
  const int32_t device = queue.device().number();
  check_backward_input(rows_of(rulebook, direction), groups, grad_output, weight, grad_input, device);
  const int64_t in = grad_input.columns, out = grad_output.columns;
  const int32_t type = grad_output.element_type;
  check_workspace(workspace, workspace_bytes,
                  convolution_workspace(rulebook, direction, SPC_BACKWARD_INPUT, groups, in, out, type));
  const Channels channels = channels_of(groups, in, out, type).reversed();
  const Route route = route_along(rulebook, opposite(direction));
  const ForwardPass pass{route, channels, grad_output.data, weight, true, Epilogue{}, grad_input.data};
  run_forward(queue, pass, choose_forward_tile(queue, pass, workspace), workspace);
}

void convolution_backward_weight(const Queue &queue, const Rulebook &rulebook, int32_t direction, int64_t groups,
                                 const spc_matrix &input, const spc_matrix &grad_output, void *workspace,
                                 int64_t workspace_bytes, const spc_matrix &grad_weight, const spc_matrix *grad_bias) {
  check_direction(direction);
  const int32_t device = queue.device().number();
  check_backward_weight(rows_of(rulebook, direction), groups, input, grad_output, grad_weight, grad_bias, device);
  const int64_t in = input.columns, out = grad_output.columns;
  check_workspace(workspace, workspace_bytes,
                  convolution_workspace(rulebook, direction, SPC_BACKWARD_WEIGHT, groups, in, out, input.element_type));
  const Channels channels = channels_of(groups, in, out, input.element_type);
  const Route route = route_along(rulebook, direction);
  const WeightPass pass{route, channels, input.data, grad_output.data, grad_weight, grad_bias};
  run_weight(queue, pass, choose_weight_tile(queue, pass, workspace), workspace);
}

bool allows_tf32() noexcept {
  return tf32.load(std::memory_order_relaxed);
}

void allow_tf32(bool allow) noexcept {
  tf32.store(allow, std::memory_order_relaxed);
}

}  // namespace spc::cuda
