// The process-wide side of torch: errors, threads, devices, random numbers, gradient modes.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "standin.h"

using namespace standin;

namespace {

thread_local std::string last_error;

int32_t default_dtype() {
  return static_cast<int32_t>(c10::typeMetaToScalarType(at::get_default_dtype()));
}

}  // namespace

void standin::set_error(const std::exception &error) {
  const auto *torch_error = dynamic_cast<const c10::Error *>(&error);
  last_error = torch_error == nullptr ? error.what() : torch_error->what_without_backtrace();
}

void standin::set_error(const std::string &message) {
  last_error = message;
}

extern "C" __attribute__((visibility("default"))) const char *standin_error() {
  return last_error.c_str();
}

// Raised with every change of the functions or structs that the managed side sees; NativeLoader.cs has the same number.
extern "C" __attribute__((visibility("default"))) int32_t standin_abi() {
  return 1;
}

extern "C" __attribute__((visibility("default"))) const char *standin_torch_version() {
  return TORCH_VERSION;
}

STANDIN_API standin_threads(int32_t interop, int32_t *count) {
  return guard([&] { *count = interop != 0 ? at::get_num_interop_threads() : at::get_num_threads(); });
}

STANDIN_API standin_set_threads(int32_t interop, int32_t count) {
  return guard([&] { interop != 0 ? at::set_num_interop_threads(count) : at::set_num_threads(count); });
}

STANDIN_API standin_default_dtype(int32_t *dtype) {
  return guard([&] { *dtype = default_dtype(); });
}

STANDIN_API standin_set_default_dtype(int32_t dtype) {
  return guard([&] { at::set_default_dtype(c10::scalarTypeToTypeMeta(static_cast<at::ScalarType>(dtype))); });
}

STANDIN_API standin_cuda_device_count(int32_t *count) {
  return guard([&] { *count = torch::cuda::is_available() ? static_cast<int32_t>(torch::cuda::device_count()) : 0; });
}

STANDIN_API standin_cuda_cudnn_is_available(int32_t *result) {
  return guard([&] { *result = torch::cuda::cudnn_is_available() ? 1 : 0; });
}

STANDIN_API standin_cuda_synchronize(int64_t device) {
  return guard([&] { torch::cuda::synchronize(device); });
}

STANDIN_API standin_cuda_manual_seed(int64_t seed) {
  return guard([&] { torch::cuda::manual_seed_all(static_cast<uint64_t>(seed)); });
}

STANDIN_API standin_grad_mode(int32_t *enabled) {
  return guard([&] { *enabled = at::GradMode::is_enabled() ? 1 : 0; });
}

STANDIN_API standin_set_grad_mode(int32_t enabled) {
  return guard([&] { at::GradMode::set_enabled(enabled != 0); });
}

STANDIN_API standin_inference_mode(int32_t *enabled) {
  return guard([&] { *enabled = c10::InferenceMode::is_enabled() ? 1 : 0; });
}

STANDIN_API standin_inference_mode_enter(int32_t enabled, c10::InferenceMode **result) {
  return guard([&] { *result = new c10::InferenceMode(enabled != 0); });
}

STANDIN_API standin_inference_mode_leave(c10::InferenceMode *mode) {
  return guard([&] { delete mode; });
}

STANDIN_API standin_anomaly_mode(int32_t *enabled, int32_t *check_nan) {
  return guard([&] {
    *enabled = torch::autograd::AnomalyMode::is_enabled() ? 1 : 0;
    *check_nan = torch::autograd::AnomalyMode::should_check_nan() ? 1 : 0;
  });
}

STANDIN_API standin_set_anomaly_mode(int32_t enabled, int32_t check_nan) {
  return guard([&] { torch::autograd::AnomalyMode::set_enabled(enabled != 0, check_nan != 0); });
}

STANDIN_API standin_generator_default(int32_t device_type, int32_t device_index, at::Generator **result) {
  return guard([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    *result = new at::Generator(at::globalContext().defaultGenerator(device));
  });
}

STANDIN_API standin_generator_new(uint64_t seed, int32_t device_type, int32_t device_index, at::Generator **result) {
  return guard([&] {
    const c10::Device device(static_cast<c10::DeviceType>(device_type), static_cast<c10::DeviceIndex>(device_index));
    auto generator = device.is_cpu() ? at::make_generator<at::CPUGeneratorImpl>()
                                     : at::globalContext().defaultGenerator(device).clone();
    generator.set_current_seed(seed);
    *result = new at::Generator(std::move(generator));
  });
}

STANDIN_API standin_generator_dispose(at::Generator *generator) {
  return guard([&] { delete generator; });
}

STANDIN_API standin_generator_set_seed(at::Generator *generator, uint64_t seed) {
  return guard([&] {
    const std::lock_guard<std::mutex> lock(generator->mutex());
    generator->set_current_seed(seed);
  });
}

STANDIN_API standin_generator_current_seed(const at::Generator *generator, uint64_t *seed) {
  return guard([&] { *seed = generator->current_seed(); });
}

STANDIN_API standin_generator_random_seed(at::Generator *generator, uint64_t *seed) {
  return guard([&] { *seed = generator->seed(); });
}

STANDIN_API standin_generator_state(const at::Generator *generator, at::Tensor **state) {
  return guard([&] { *state = to_handle(generator->get_state()); });
}

STANDIN_API standin_generator_set_state(at::Generator *generator, const at::Tensor *state) {
  return guard([&] { generator->set_state(from_handle(state)); });
}
