// Objects of the CPU or the CUDA engine, and the choice of the engine for each call. The functions of the engines have
// the same names and arguments in namespaces spc and spc::cuda, except that those of CUDA take a queue first.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "cuda/runtime.h"
#include "error.h"

namespace spc {

constexpr int32_t kCpu = -1;

template <class Cpu, class Cuda>
class Placed {
 public:
  Placed(std::shared_ptr<const Cpu> object) : cpu_(std::move(object)) {}
  Placed(std::shared_ptr<const Cuda> object) : cuda_(std::move(object)) {}

  int32_t device() const { return cuda_ ? cuda_->device().number() : kCpu; }

  // Calls ask(object).
  template <class Ask>
  auto ask(const Ask &ask) const {
    return cuda_ ? ask(*cuda_) : ask(*cpu_);
  }

  // Calls run(object), or run(queue, object).
  template <class Run>
  auto run(void *stream, const Run &run) const {
    if (!cuda_) return run(*cpu_);
    const cuda::Queue queue(device(), stream);
    cuda_->use(queue);
    return run(queue, *cuda_);
  }

  // Calls run(object, other), or run(queue, object, other); throws where the other is on another device.
  template <class OtherCpu, class OtherCuda, class Run>
  auto run_with(const char *name, const char *other_name, const Placed<OtherCpu, OtherCuda> &other, void *stream,
                const Run &run) const {
    if (device() != other.device()) {
      fail_argument(std::string(name) + " is on device " + std::to_string(device()) + " and " + other_name +
                    " on device " + std::to_string(other.device()) + ", must be on one device");
    }
    if (!cuda_) return run(*cpu_, *other.cpu_);
    const cuda::Queue queue(device(), stream);
    cuda_->use(queue);
    other.cuda_->use(queue);
    return run(queue, *cuda_, *other.cuda_);
  }

 private:
  template <class, class>
  friend class Placed;

  // One of the two, the other is null.
  std::shared_ptr<const Cpu> cpu_;
  std::shared_ptr<const Cuda> cuda_;
};

// Calls run() for the CPU, or run(queue) for a CUDA device.
template <class Run>
auto run_on(int32_t device, void *stream, const Run &run) {
  if (device < kCpu) {
    fail_argument("device is " + std::to_string(device) + ", must be -1 for the CPU or the index of a CUDA device");
  }
  if (device == kCpu) return run();
  const cuda::Queue queue(device, stream);
  return run(queue);
}

}  // namespace spc
