#include "cpu/convolution.h"

#include <algorithm>

#include "convolution_checks.h"
#include "cpu/forward_pass.h"
#include "cpu/weight_pass.h"
#include "matrix.h"

namespace spc {
namespace {

// The parts of a convolution, which run one after the other.
struct Parts {
  int64_t count;
  int64_t in, out;  // channels of one
  bool by_channel;
};

// One part for each group, or a single part for a depthwise convolution, which has inner loops of its own.
Parts split_groups(int64_t groups, int64_t in, int64_t out) {
  if (groups > 1 && groups == in && groups == out) return {1, 1, out, true};
  return {groups, in / groups, out / groups, false};
}

ConvolutionRows rows_of(const Rulebook &rulebook, int32_t direction) {
  return {rulebook.taps(), rulebook.from(direction).rows, rulebook.to(direction).rows};
}

// The same rows from a column on. The number of columns stays, because it is the step from row to row.
spc_matrix from_column(const spc_matrix &matrix, int64_t column) {
  const bool half = matrix.element_type == SPC_BFLOAT16 || matrix.element_type == SPC_FLOAT16;
  const int64_t size = half ? 2 : matrix.element_type == SPC_FLOAT64 ? 8 : 4;
  spc_matrix result = matrix;
  if (result.data != nullptr) result.data = static_cast<char *>(result.data) + column * size;
  return result;
}

// A row in the type of the sums, in `wide` where it must be widened; null for none.
template <class T>
const Sum<T> *widened(const spc_matrix *row, std::vector<Sum<T>> &wide) {
  if (row == nullptr) return nullptr;
  if (row->element_type == kTypeOf<Sum<T>>) return data<const Sum<T>>(*row);
  wide.resize(static_cast<std::size_t>(row->columns));
  loops_of(active_loops(), T{}).widen(data<const T>(*row), row->columns, wide.data());
  return wide.data();
}

}  // namespace

int64_t convolution_workspace(const Rulebook &rulebook, int32_t direction, int32_t pass, int64_t groups, int64_t in,
                              int64_t out, int32_t element_type) {
  check_direction(direction);
  check_channels("in_channels", in);
  check_channels("out_channels", out);
  check_groups(groups, in, out);
  check_pass(pass);
  Parts parts = split_groups(groups, in, out);
  int64_t bytes = 0;
  by_type(element_type, [&]<class T>(T) {
    if (pass == SPC_BACKWARD_WEIGHT) {
      const int64_t segments = weight_segments<T>(rulebook, direction, parts.in, parts.out);
      bytes = segments * packed_bytes<T>(rulebook.taps(), parts.in, parts.out) + bias_bytes(segments, parts.out) +
              thread_limit() * rows_bytes<T>(parts.in, parts.out);
    } else {
      if (pass == SPC_BACKWARD_INPUT && !parts.by_channel) std::swap(parts.in, parts.out);
      bytes = packed_bytes<T>(rulebook.taps(), packed_rows<T>(parts.in), parts.out) +
              thread_limit() * tile_bytes<T>(parts.in, parts.out);
    }
  });
  return bytes;
}

void convolution_forward(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                         const spc_matrix &weight, const Epilogue &epilogue, void *workspace, int64_t workspace_bytes,
                         const spc_matrix &output) {
  check_direction(direction);
  check_forward(rows_of(rulebook, direction), groups, input, weight, epilogue, output);
  const int64_t in = input.columns, out = output.columns;
  const int32_t type = input.element_type;
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    prefer_large_pages<T>(output);
    std::vector<Sum<T>> wide_scale, wide_bias;
    const Sum<T> *const scale = widened<T>(epilogue.scale, wide_scale);
    const Sum<T> *const bias = widened<T>(epilogue.bias, wide_bias);
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(weight, first_out);
      const ForwardJob<T> job{.rulebook = rulebook,
                              .direction = direction,
                              .input = data<const T>(from_column(input, first_in)),
                              .weight = part_weight,
                              .tap_step = parts.in * out,
                              .in_step = out,
                              .out_step = 1,
                              .scale = scale != nullptr ? scale + first_out : nullptr,
                              .bias = bias != nullptr ? bias + first_out : nullptr,
                              .residual = epilogue.residual != nullptr
                                              ? data<const T>(from_column(*epilogue.residual, first_out))
                                              : nullptr,
                              .rectify = epilogue.activation == SPC_RELU,
                              .output = data<T>(from_column(output, first_out)),
                              .in = parts.in,
                              .out = parts.out,
                              .input_step = in,
                              .output_step = out,
                              .by_channel = parts.by_channel};
      run_forward(job, workspace, workspace_bytes);
    }
  });
}

void convolution_backward_input(const Rulebook &rulebook, int32_t direction, int64_t groups,
                                const spc_matrix &grad_output, const spc_matrix &weight, void *workspace,
                                int64_t workspace_bytes, const spc_matrix &grad_input) {
  check_direction(direction);
  check_backward_input(rows_of(rulebook, direction), groups, grad_output, weight, grad_input);
  const int64_t in = grad_input.columns, out = grad_output.columns;
  const int32_t type = grad_output.element_type;
  const int32_t reversed = direction == SPC_FINE_TO_COARSE ? SPC_COARSE_TO_FINE : SPC_FINE_TO_COARSE;
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    prefer_large_pages<T>(grad_input);
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(weight, first_out);
      // The weight of a group is transposed; the weights of a depthwise convolution are not.
      const ForwardJob<T> job{.rulebook = rulebook,
                              .direction = reversed,
                              .input = data<const T>(from_column(grad_output, first_out)),
                              .weight = part_weight,
                              .tap_step = parts.in * out,
                              .in_step = 1,
                              .out_step = parts.by_channel ? 1 : out,
                              .scale = nullptr,
                              .bias = nullptr,
                              .residual = nullptr,
                              .rectify = false,
                              .output = data<T>(from_column(grad_input, first_in)),
                              .in = parts.by_channel ? 1 : parts.out,
                              .out = parts.by_channel ? in : parts.in,
                              .input_step = out,
                              .output_step = in,
                              .by_channel = parts.by_channel};
      run_forward(job, workspace, workspace_bytes);
    }
  });
}

void convolution_backward_weight(const Rulebook &rulebook, int32_t direction, int64_t groups, const spc_matrix &input,
                                 const spc_matrix &grad_output, void *workspace, int64_t workspace_bytes,
                                 const spc_matrix &grad_weight, const spc_matrix *grad_bias) {
  check_direction(direction);
  check_backward_weight(rows_of(rulebook, direction), groups, input, grad_output, grad_weight, grad_bias);
  const int64_t in = input.columns, out = grad_output.columns;
  const int32_t type = input.element_type;
  const Parts parts = split_groups(groups, in, out);
  by_type(type, [&]<class T>(T) {
    for (int64_t part = 0; part < parts.count; ++part) {
      const int64_t first_in = part * parts.in, first_out = part * parts.out;
      const spc_matrix part_weight = from_column(grad_weight, first_out);
      const spc_matrix part_bias = grad_bias != nullptr ? from_column(*grad_bias, first_out) : spc_matrix{};
      const WeightJob<T> job{.rulebook = rulebook,
                             .direction = direction,
                             .input = data<const T>(from_column(input, first_in)),
                             .grad_output = data<const T>(from_column(grad_output, first_out)),
                             .grad_weight = part_weight,
                             .grad_bias = grad_bias != nullptr ? &part_bias : nullptr,
                             .in = parts.in,
                             .out = parts.out,
                             .input_step = in,
                             .grad_step = out,
                             .by_channel = parts.by_channel};
      run_weight(job, workspace, workspace_bytes);
    }
  });
}

}  // namespace spc
