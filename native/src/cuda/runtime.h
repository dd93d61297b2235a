// GPUs, their memory and their CUDA kernels. All use the primary context, which libtorch shares. Each entry of the
// library makes it current with a Queue, and restores the thread afterwards.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cuda/driver.h"
#include "error.h"

namespace spc::cuda {

struct Kernel {
  CUfunction function = nullptr;
  std::string name;
};

class Device {
 public:
  // Throws SPC_DEVICE without CUDA, SPC_INVALID_ARGUMENT for a number that no device has.
  static Device &get(int32_t number);
  static int count();

  int32_t number() const { return number_; }
  int architecture() const { return architecture_; }  // 90 for sm_90
  int multiprocessors() const { return multiprocessors_; }
  const std::string &name() const { return name_; }  // "NVIDIA H100 (sm_90)"
  CUcontext context() const { return context_; }

  // Compiled on first use. `macros` as in variants.txt.
  const Kernel &kernel(std::string_view program, std::string_view macros, std::string_view name);

  // Memory of the driver's stream-ordered pool, where the driver has one. Never null, also for 0 bytes.
  CUdeviceptr allocate(int64_t bytes, CUstream stream);
  void release(CUdeviceptr address, CUstream stream) noexcept;

  // Throws, naming the operation and the CUDA kernel that was queued last, because errors of kernels surface later.
  void check(CUresult result, const char *doing) const;
  void note(const Kernel &kernel) { last_kernel_.store(&kernel, std::memory_order_relaxed); }

  explicit Device(int32_t number);
  Device(const Device &) = delete;
  Device &operator=(const Device &) = delete;

 private:
  int32_t number_;
  int architecture_ = 0, multiprocessors_ = 0;
  std::string name_;
  CUcontext context_ = nullptr;
  CUmemoryPool pool_ = nullptr;  // or null: plain allocation
  std::mutex gate_;
  std::map<std::string, CUmodule, std::less<>> modules_;                 // by program and macros
  std::map<std::string, std::unique_ptr<Kernel>, std::less<>> kernels_;  // by program, macros and name
  std::atomic<const Kernel *> last_kernel_{nullptr};
};

// A device and a stream on it; its context is current on this thread while the queue lives.
class Queue {
 public:
  Queue(int32_t device, void *stream);
  ~Queue();
  Queue(const Queue &) = delete;
  Queue &operator=(const Queue &) = delete;

  Device &device() const { return device_; }
  CUstream stream() const { return stream_; }

  void synchronize() const;
  // Within the device, or between it and the host; ready in stream order.
  void copy(void *to, const void *from, int64_t bytes) const;
  void fill(void *to, unsigned char byte, int64_t bytes) const;
  template <class T>
  T read(const T *from) const {
    T value;
    copy(&value, from, sizeof(T));
    synchronize();
    return value;
  }

 private:
  Device &device_;
  CUstream stream_;
};

// Device memory, freed in the order of the stream it was made on. A Holder holds memory that outlives a call.
template <class T>
class Buffer {
 public:
  Buffer() = default;
  Buffer(const Queue &queue, int64_t count)
      : device_(&queue.device()),
        stream_(queue.stream()),
        count_(count),
        address_(device_->allocate(count * static_cast<int64_t>(sizeof(T)), stream_)) {}
  Buffer(Buffer &&other) noexcept { *this = std::move(other); }
  Buffer &operator=(Buffer &&other) noexcept {
    std::swap(device_, other.device_);
    std::swap(stream_, other.stream_);
    std::swap(count_, other.count_);
    std::swap(address_, other.address_);
    return *this;
  }
  ~Buffer() {
    if (device_ != nullptr) device_->release(address_, stream_);
  }

  T *data() const { return reinterpret_cast<T *>(address_); }
  int64_t count() const { return count_; }
  int64_t bytes() const { return count_ * static_cast<int64_t>(sizeof(T)); }
  explicit operator bool() const { return device_ != nullptr; }

 private:
  Device *device_ = nullptr;
  CUstream stream_ = nullptr;
  int64_t count_ = 0;
  CUdeviceptr address_ = 0;
};

// The base of objects that outlive a call. Work on the default stream is finished before later work on it begins. Where
// another stream was used, the object waits for all work before its memory is freed.
class Holder {
 public:
  explicit Holder(const Queue &queue) : device_(queue.device()) { use(queue); }
  Holder(const Holder &) = delete;
  Holder &operator=(const Holder &) = delete;

  Device &device() const { return device_; }
  // Says that work on the queue reads it.
  void use(const Queue &queue) const {
    if (queue.stream() != nullptr) elsewhere_.store(true, std::memory_order_relaxed);
  }

 protected:
  // Derived classes call it first in their destructors.
  void finish() const noexcept;
  ~Holder() = default;

 private:
  Device &device_;
  mutable std::atomic<bool> elsewhere_{false};
};

// Whether memory is on a GPU; all other memory is host memory.
bool is_device_memory(const Queue &queue, const void *memory);

// An array of the caller for CUDA kernels to read: the array itself on a device, or a copy of a host array.
template <class T>
class Input {
 public:
  Input(const Queue &queue, const T *memory, int64_t count) : data_(memory) {
    if (count == 0 || memory == nullptr || is_device_memory(queue, memory)) return;
    copy_ = Buffer<T>(queue, count);
    queue.copy(copy_.data(), memory, copy_.bytes());
    data_ = copy_.data();
  }
  const T *data() const { return data_; }

 private:
  Buffer<T> copy_;
  const T *data_;
};

// An array of the caller for CUDA kernels to write; finish() copies it to the host where the array is there.
template <class T>
class Output {
 public:
  Output(const Queue &queue, T *memory, int64_t count) : queue_(queue), memory_(memory), data_(memory) {
    if (count == 0 || memory == nullptr || is_device_memory(queue, memory)) return;
    copy_ = Buffer<T>(queue, count);
    data_ = copy_.data();
  }
  T *data() const { return data_; }
  void finish() const {
    if (!copy_) return;
    queue_.copy(memory_, copy_.data(), copy_.bytes());
    queue_.synchronize();
  }

 private:
  const Queue &queue_;
  Buffer<T> copy_;
  T *memory_;
  T *data_;
};

struct Grid {
  int64_t x;
  int64_t y = 1;
};

// Blocks of `threads` that cover `count` items.
inline Grid cover(int64_t count, int64_t threads) {
  return {(count + threads - 1) / threads};
}

void launch_kernel(const Queue &queue, const Kernel &kernel, Grid grid, int threads, int64_t shared_bytes,
                   void **arguments);

// Queues a CUDA kernel. Arguments have exactly the types of its parameters. Nothing happens for an empty grid.
template <class... Arguments>
void launch(const Queue &queue, const Kernel &kernel, Grid grid, int threads, int64_t shared_bytes,
            Arguments... arguments) {
  std::array<void *, sizeof...(Arguments)> pointers{static_cast<void *>(&arguments)...};
  launch_kernel(queue, kernel, grid, threads, shared_bytes, pointers.data());
}

}  // namespace spc::cuda
