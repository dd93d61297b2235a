// Tensor handles: lifetime, what a tensor is, and its memory.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/variable.h>

#include "standin.h"

using namespace standin;

namespace {

// Mirrors TensorInfo in Native.cs.
struct TensorInfo {
  int64_t dimensions;
  int64_t elements;
  int64_t element_size;
  int32_t dtype;
  int32_t device_type;
  int32_t device_index;
  int32_t layout;
  int32_t requires_grad;
  int32_t is_leaf;
};

using Release = void (*)(void *context);

}  // namespace

STANDIN_API standin_tensor_dispose(at::Tensor *tensor) {
  return guard([&] { delete tensor; });
}

STANDIN_API standin_tensor_alias(const at::Tensor *tensor, at::Tensor **result) {
  return guard([&] { *result = to_handle(*tensor); });
}

STANDIN_API standin_tensor_info(const at::Tensor *tensor, TensorInfo *info) {
  return guard([&] {
    info->dimensions = tensor->dim();
    info->elements = tensor->numel();
    info->element_size = static_cast<int64_t>(tensor->element_size());
    info->dtype = static_cast<int32_t>(tensor->scalar_type());
    info->device_type = static_cast<int32_t>(tensor->device().type());
    info->device_index = tensor->device().index();
    info->layout = static_cast<int32_t>(tensor->layout());
    info->requires_grad = tensor->requires_grad() ? 1 : 0;
    info->is_leaf = tensor->is_leaf() ? 1 : 0;
  });
}

STANDIN_API standin_tensor_sizes(const at::Tensor *tensor, int64_t *sizes) {
  return guard([&] { std::copy_n(tensor->sizes().data(), tensor->dim(), sizes); });
}

STANDIN_API standin_tensor_strides(const at::Tensor *tensor, int64_t *strides) {
  return guard([&] { std::copy_n(tensor->strides().data(), tensor->dim(), strides); });
}

STANDIN_API standin_tensor_data(const at::Tensor *tensor, void **data) {
  return guard([&] { *data = tensor->data_ptr(); });
}

STANDIN_API standin_tensor_storage(const at::Tensor *tensor, void **data, int64_t *bytes, int64_t *offset) {
  return guard([&] {
    const auto &storage = tensor->storage();
    *data = const_cast<void *>(storage.data_ptr().get());
    *bytes = static_cast<int64_t>(storage.nbytes());
    *offset = tensor->storage_offset();
  });
}

STANDIN_API standin_tensor_is_contiguous(const at::Tensor *tensor, int32_t *result) {
  return guard([&] { *result = tensor->is_contiguous() ? 1 : 0; });
}

STANDIN_API standin_tensor_is_pinned(const at::Tensor *tensor, int32_t *result) {
  return guard([&] { *result = tensor->is_pinned() ? 1 : 0; });
}

// A CPU tensor over memory of the caller, who is told through `release` when the last view of it is gone.
STANDIN_API standin_tensor_from_blob(void *data, const int64_t *sizes, int64_t dimensions, int32_t dtype, void *context,
                                     Release release, at::Tensor **result) {
  return guard([&] {
    const auto options = at::TensorOptions(static_cast<at::ScalarType>(dtype));
    const at::IntArrayRef shape(sizes, static_cast<size_t>(dimensions));
    *result = to_handle(at::from_blob(
        data, shape, [context, release](void *) { release(context); }, options));
  });
}

STANDIN_API standin_tensor_set_requires_grad(const at::Tensor *tensor, int32_t value) {
  return guard([&] { tensor->set_requires_grad(value != 0); });
}

STANDIN_API standin_tensor_grad(const at::Tensor *tensor, at::Tensor **result) {
  return guard([&] { *result = to_handle(tensor->grad()); });
}

STANDIN_API standin_tensor_set_grad(const at::Tensor *tensor, const at::Tensor *gradient) {
  return guard([&] { tensor->mutable_grad() = from_handle(gradient); });
}

STANDIN_API standin_tensor_retain_grad(const at::Tensor *tensor) {
  return guard([&] { tensor->retain_grad(); });
}
