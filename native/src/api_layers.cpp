// The C ABI: convolution, pooling and norms.
#include "api.h"
#include "cpu/convolution.h"
#include "cpu/isa.h"
#include "cpu/norm.h"
#include "cpu/pooling.h"
#include "cuda/convolution.h"
#include "cuda/norm.h"
#include "cuda/pooling.h"

using namespace spc::api;
using spc::norm_backward;
using spc::norm_forward;
using spc::norm_statistics;

extern "C" {

spc_status spc_convolution_workspace(const spc_rulebook *rulebook, int32_t direction, int32_t pass, int64_t groups,
                                     int64_t in_channels, int64_t out_channels, int32_t element_type, int64_t *bytes) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(bytes, "bytes");
    spc::active_loops();
    *bytes = rulebook->pairs.ask([&](const auto &pairs) {
      return convolution_workspace(pairs, direction, pass, groups, in_channels, out_channels, element_type);
    });
  });
}

spc_status spc_convolution_forward(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                   const spc_matrix *input, const spc_matrix *weight, const spc_matrix *scale,
                                   const spc_matrix *bias, const spc_matrix *residual, int32_t activation,
                                   void *workspace, int64_t workspace_bytes, void *stream, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(weight, "weight");
    need(output, "output");
    const spc::Epilogue epilogue{scale, bias, residual, activation};
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_forward(engine..., direction, groups, *input, *weight, epilogue, workspace, workspace_bytes, *output);
    });
  });
}

spc_status spc_convolution_backward_input(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                          const spc_matrix *grad_output, const spc_matrix *weight, void *workspace,
                                          int64_t workspace_bytes, void *stream, const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(weight, "weight");
    need(grad_input, "grad_input");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_backward_input(engine..., direction, groups, *grad_output, *weight, workspace, workspace_bytes,
                                 *grad_input);
    });
  });
}

spc_status spc_convolution_backward_weight(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                           const spc_matrix *input, const spc_matrix *grad_output, void *workspace,
                                           int64_t workspace_bytes, void *stream, const spc_matrix *grad_weight,
                                           const spc_matrix *grad_bias) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(grad_output, "grad_output");
    need(grad_weight, "grad_weight");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      convolution_backward_weight(engine..., direction, groups, *input, *grad_output, workspace, workspace_bytes,
                                  *grad_weight, grad_bias);
    });
  });
}

spc_status spc_pooling_forward(const spc_rulebook *rulebook, int32_t direction, int32_t kind, const spc_matrix *input,
                               void *stream, int32_t *saved, const spc_matrix *output) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(input, "input");
    need(output, "output");
    rulebook->pairs.run(
        stream, [&](const auto &...engine) { pooling_forward(engine..., direction, kind, *input, saved, *output); });
  });
}

spc_status spc_pooling_backward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                                const spc_matrix *grad_output, const int32_t *saved, void *stream,
                                const spc_matrix *grad_input) {
  return guard([&] {
    need(rulebook, "rulebook");
    need(grad_output, "grad_output");
    need(grad_input, "grad_input");
    rulebook->pairs.run(stream, [&](const auto &...engine) {
      pooling_backward(engine..., direction, kind, *grad_output, saved, *grad_input);
    });
  });
}

spc_status spc_norm_statistics(const spc_matrix *input, void *stream, const spc_matrix *mean,
                               const spc_matrix *variance) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    spc::run_on(input->device, stream,
                [&](const auto &...queue) { norm_statistics(queue..., *input, *mean, *variance); });
  });
}

spc_status spc_norm_forward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance, double epsilon,
                            const spc_matrix *weight, const spc_matrix *bias, const spc_matrix *residual,
                            int32_t activation, void *stream, const spc_matrix *output) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    need(output, "output");
    const spc::NormTerms terms{*mean, *variance, epsilon, weight, bias};
    spc::run_on(input->device, stream,
                [&](const auto &...queue) { norm_forward(queue..., *input, terms, residual, activation, *output); });
  });
}

spc_status spc_norm_backward(const spc_matrix *input, const spc_matrix *mean, const spc_matrix *variance,
                             double epsilon, const spc_matrix *weight, const spc_matrix *bias, const spc_matrix *output,
                             int32_t activation, int32_t statistics, const spc_matrix *grad_output, void *stream,
                             const spc_matrix *grad_input, const spc_matrix *grad_weight, const spc_matrix *grad_bias,
                             const spc_matrix *grad_residual) {
  return guard([&] {
    need(input, "input");
    need(mean, "mean");
    need(variance, "variance");
    need(grad_output, "grad_output");
    const spc::NormTerms terms{*mean, *variance, epsilon, weight, bias};
    const spc::NormGradients gradients{grad_input, grad_weight, grad_bias, grad_residual};
    spc::run_on(input->device, stream, [&](const auto &...queue) {
      norm_backward(queue..., *input, terms, statistics, activation, output, *grad_output, gradients);
    });
  });
}

}  // extern "C"
