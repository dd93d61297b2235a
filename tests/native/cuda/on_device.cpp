#include "on_device.h"

#include <memory>
#include <vector>

#include "cuda/runtime.h"

namespace on_device {
namespace {

using spc::cuda::Buffer;
using spc::cuda::Queue;

constexpr int32_t kDevice = 0;

int64_t bytes_of(const spc_matrix &matrix) {
  const int64_t element = matrix.element_type == SPC_FLOAT64 ? 8 : matrix.element_type == SPC_FLOAT32 ? 4 : 2;
  return matrix.rows * matrix.columns * element;
}

// Host memory that is on the device for the length of one call, and then brought back.
class Visit {
 public:
  // The matrix on the device; itself where there is none, or where it claims to be elsewhere already.
  const spc_matrix *send(const spc_matrix *matrix) {
    if (matrix == nullptr || matrix->device != -1) return matrix;
    auto copy = std::make_unique<spc_matrix>(*matrix);
    copy->device = kDevice;
    copy->data = send(matrix->data, bytes_of(*matrix));
    matrices_.push_back(std::move(copy));
    return matrices_.back().get();
  }
  template <class T>
  T *send(T *memory, int64_t bytes) {
    if (memory == nullptr) return memory;
    Buffer<char> buffer(queue_, bytes);
    queue_.copy(buffer.data(), memory, bytes);
    void *const address = buffer.data();
    sent_.push_back({const_cast<void *>(static_cast<const void *>(memory)), std::move(buffer)});
    return static_cast<T *>(address);
  }
  // Scratch: nothing is to be read from it. As far from a multiple of 64 bytes as the memory is.
  void *scratch(void *memory, int64_t bytes) {
    if (memory == nullptr || bytes <= 0) return memory;
    constexpr int64_t kAlignment = 64;
    scratch_ = Buffer<char>(queue_, bytes + kAlignment);
    return scratch_.data() + reinterpret_cast<uintptr_t>(memory) % kAlignment;
  }
  // Nothing is written where a call fails, least of all a matrix of the size that it was refused for.
  spc_status finish(spc_status status) {
    if (status != SPC_OK) return status;
    for (const Sent &one : sent_) queue_.copy(one.home, one.memory.data(), one.memory.bytes());
    queue_.synchronize();
    return status;
  }

 private:
  struct Sent {
    void *home;
    Buffer<char> memory;
  };

  Queue queue_{kDevice, nullptr};
  std::vector<std::unique_ptr<spc_matrix>> matrices_;
  std::vector<Sent> sent_;
  Buffer<char> scratch_;
};

int32_t moved(int32_t device) {
  return device == -1 ? kDevice : device;
}

int64_t saved_bytes(const spc_matrix *matrix, bool by_channel) {
  if (matrix == nullptr) return 0;
  return matrix->rows * (by_channel ? matrix->columns : 1) * static_cast<int64_t>(sizeof(int32_t));
}

}  // namespace

spc_status map_create(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device, void *stream,
                      spc_map **out) {
  return spc_map_create(coordinates, rows, dimensions, moved(device), stream, out);
}

spc_status map_create_merged(const int32_t *coordinates, int64_t rows, int32_t dimensions, int32_t device, void *stream,
                             int64_t *map_rows, spc_map **out) {
  return spc_map_create_merged(coordinates, rows, dimensions, moved(device), stream, map_rows, out);
}

spc_status links_create_from_rows(const int64_t *row_of_point, int64_t count, int64_t rows, int32_t device,
                                  void *stream, spc_links **out) {
  return spc_links_create_from_rows(row_of_point, count, rows, moved(device), stream, out);
}

spc_status convolution_forward(const spc_rulebook *rulebook, int32_t direction, int64_t groups, const spc_matrix *input,
                               const spc_matrix *weight, const spc_matrix *scale, const spc_matrix *bias,
                               const spc_matrix *residual, int32_t activation, void *workspace, int64_t workspace_bytes,
                               void *stream, const spc_matrix *output) {
  Visit visit;
  return visit.finish(spc_convolution_forward(rulebook, direction, groups, visit.send(input), visit.send(weight),
                                              visit.send(scale), visit.send(bias), visit.send(residual), activation,
                                              visit.scratch(workspace, workspace_bytes), workspace_bytes, stream,
                                              visit.send(output)));
}

spc_status convolution_backward_input(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                      const spc_matrix *grad_output, const spc_matrix *weight, void *workspace,
                                      int64_t workspace_bytes, void *stream, const spc_matrix *grad_input) {
  Visit visit;
  return visit.finish(spc_convolution_backward_input(rulebook, direction, groups, visit.send(grad_output),
                                                     visit.send(weight), visit.scratch(workspace, workspace_bytes),
                                                     workspace_bytes, stream, visit.send(grad_input)));
}

spc_status convolution_backward_weight(const spc_rulebook *rulebook, int32_t direction, int64_t groups,
                                       const spc_matrix *input, const spc_matrix *grad_output, void *workspace,
                                       int64_t workspace_bytes, void *stream, const spc_matrix *grad_weight,
                                       const spc_matrix *grad_bias) {
  Visit visit;
  return visit.finish(spc_convolution_backward_weight(rulebook, direction, groups, visit.send(input),
                                                      visit.send(grad_output),
                                                      visit.scratch(workspace, workspace_bytes), workspace_bytes,
                                                      stream, visit.send(grad_weight), visit.send(grad_bias)));
}

spc_status pooling_forward(const spc_rulebook *rulebook, int32_t direction, int32_t kind, const spc_matrix *input,
                           void *stream, int32_t *saved, const spc_matrix *output) {
  Visit visit;
  int32_t *const sent = visit.send(saved, saved_bytes(output, kind == SPC_POOL_MAX));
  return visit.finish(
      spc_pooling_forward(rulebook, direction, kind, visit.send(input), stream, sent, visit.send(output)));
}

spc_status pooling_backward(const spc_rulebook *rulebook, int32_t direction, int32_t kind,
                            const spc_matrix *grad_output, const int32_t *saved, void *stream,
                            const spc_matrix *grad_input) {
  Visit visit;
  const int32_t *const sent = visit.send(saved, saved_bytes(grad_output, kind == SPC_POOL_MAX));
  return visit.finish(
      spc_pooling_backward(rulebook, direction, kind, visit.send(grad_output), sent, stream, visit.send(grad_input)));
}

spc_status interpolation_forward(const spc_links *links, const spc_matrix *input, void *stream,
                                 const spc_matrix *output) {
  Visit visit;
  return visit.finish(spc_interpolation_forward(links, visit.send(input), stream, visit.send(output)));
}

spc_status interpolation_backward(const spc_links *links, const spc_matrix *grad_output, void *stream,
                                  const spc_matrix *grad_input) {
  Visit visit;
  return visit.finish(spc_interpolation_backward(links, visit.send(grad_output), stream, visit.send(grad_input)));
}

spc_status splat_forward(const spc_links *links, int32_t kind, const spc_matrix *input, void *stream, int32_t *saved,
                         const spc_matrix *output) {
  Visit visit;
  int32_t *const sent = visit.send(saved, saved_bytes(output, true));
  return visit.finish(spc_splat_forward(links, kind, visit.send(input), stream, sent, visit.send(output)));
}

spc_status splat_backward(const spc_links *links, int32_t kind, const spc_matrix *grad_output, const int32_t *saved,
                          void *stream, const spc_matrix *grad_input) {
  Visit visit;
  const int32_t *const sent = visit.send(saved, saved_bytes(grad_output, true));
  return visit.finish(spc_splat_backward(links, kind, visit.send(grad_output), sent, stream, visit.send(grad_input)));
}

}  // namespace on_device
