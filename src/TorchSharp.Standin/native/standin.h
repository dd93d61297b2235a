// What the stand-in's C# side calls. Every function returns 0, or 1 and leaves a message for standin_error();
// a tensor handle is an owned at::Tensor*, and 0 stands for an undefined tensor.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <exception>
#include <string>

#define STANDIN_API extern "C" __attribute__((visibility("default"))) int32_t

namespace standin {

// One boxed argument or result. Lists are arrays of 8-byte elements.
enum class Kind : int32_t {
  kNone,
  kDefault,  // the schema's own default
  kTensor,
  kTensorList,
  kOptionalTensorList,
  kInt,
  kIntList,
  kDouble,
  kDoubleList,
  kBool,
  kComplex,  // a list of two doubles
  kDevice,   // type in the high half, index in the low half
  kString,
  kGenerator,
};

struct Value {
  Kind kind;
  int32_t length;
  union {
    int64_t integer;
    double real;
    const void *pointer;
  };
};

void set_error(const std::exception &error);
void set_error(const std::string &message);

// Runs `body` so that no exception crosses the C boundary.
template <typename Body>
int32_t guard(Body &&body) {
  try {
    body();
    return 0;
  } catch (const std::exception &error) {
    set_error(error);
  } catch (...) {
    set_error(std::string("an unknown native exception"));
  }
  return 1;
}

inline at::Tensor *to_handle(at::Tensor tensor) {
  return tensor.defined() ? new at::Tensor(std::move(tensor)) : nullptr;
}

inline at::Tensor from_handle(const at::Tensor *handle) {
  return handle == nullptr ? at::Tensor() : *handle;
}

inline std::vector<at::Tensor> from_handles(const at::Tensor *const *handles, int64_t count) {
  std::vector<at::Tensor> tensors;
  tensors.reserve(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) tensors.push_back(from_handle(handles[i]));
  return tensors;
}

}  // namespace standin
