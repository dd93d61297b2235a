#include "cuda/runtime.h"

#include <cstdlib>
#include <limits>

#include "cuda/compiler.h"

namespace spc::cuda {
namespace {

constexpr uint64_t kKeptBytes = uint64_t{1} << 30;  // that the pool keeps instead of returning them

std::string text_of(CUresult result) {
  const char *name = nullptr, *text = nullptr;
  driver().error_name(result, &name);
  driver().error_text(result, &text);
  return (name != nullptr ? std::string(name) : "error " + std::to_string(result)) +
         (text != nullptr ? std::string(" (") + text + ")" : "");
}

void check_setup(CUresult result, const char *doing) {
  if (result == kCudaSuccess) return;
  throw Error(result == kCudaOutOfMemory ? SPC_OUT_OF_MEMORY : SPC_DEVICE, std::string(doing) + ": " + text_of(result));
}

// Initialises the driver once. After a failure it tries again: a driver that is being updated may come back.
void initialize() {
  static std::mutex gate;
  static bool done = false;
  const std::lock_guard<std::mutex> lock(gate);
  if (done) return;
  check_setup(driver().init(0), "initialising the CUDA driver");
  done = true;
}

bool waits_for_each_kernel() {
  static const char *const value = std::getenv("SPARSECONV_CUDA_SYNC");
  return value != nullptr && *value == '1';
}

}  // namespace

int Device::count() {
  initialize();
  int count = 0;
  check_setup(driver().device_count(&count), "counting CUDA devices");
  if (count == 0) fail_device("the CUDA driver is there, but there is no CUDA device");
  return count;
}

Device &Device::get(int32_t number) {
  static std::mutex gate;
  // Never destroyed: objects may outlive static variables.
  static auto &devices = *new std::map<int32_t, std::unique_ptr<Device>>;
  const std::lock_guard<std::mutex> lock(gate);
  const auto known = devices.find(number);
  if (known != devices.end()) return *known->second;
  const int devices_there = count();
  if (number < 0 || number >= devices_there) {
    fail_argument("device is " + std::to_string(number) + ", must be -1 for the CPU or 0 to " +
                  std::to_string(devices_there - 1) + " for a CUDA device");
  }
  return *devices.emplace(number, std::make_unique<Device>(number)).first->second;
}

Device::Device(int32_t number) : number_(number) {
  const Driver &api = driver();
  CUdevice device = 0;
  check_setup(api.device_get(&device, number), "opening a CUDA device");
  char name[256] = {};
  check_setup(api.device_name(name, sizeof name - 1, device), "reading the name of a CUDA device");
  int major = 0, minor = 0, pools = 0;
  check_setup(api.device_attribute(&major, kAttributeMajor, device), "reading an attribute of a CUDA device");
  check_setup(api.device_attribute(&minor, kAttributeMinor, device), "reading an attribute of a CUDA device");
  check_setup(api.device_attribute(&multiprocessors_, kAttributeMultiprocessors, device),
              "reading an attribute of a CUDA device");
  architecture_ = 10 * major + minor;
  name_ = std::string(name) + " (sm_" + std::to_string(architecture_) + ")";
  check_setup(api.retain_context(&context_, device), "opening the primary context of a CUDA device");
  // Drivers before CUDA 11.2 know neither the attribute nor the functions.
  if (api.device_attribute(&pools, kAttributeMemoryPools, device) != kCudaSuccess || pools == 0) return;
  if (!api.create_pool || !api.set_pool_attribute || !api.allocate_queued || !api.free_queued) return;
  PoolProperties properties;
  properties.location_id = number;
  if (api.create_pool(&pool_, &properties) != kCudaSuccess) {
    pool_ = nullptr;
    return;
  }
  uint64_t kept = kKeptBytes;
  api.set_pool_attribute(pool_, kPoolReleaseThreshold, &kept);
}

const Kernel &Device::kernel(std::string_view program, std::string_view macros, std::string_view name) {
  std::string module_key = std::string(program) + " " + std::string(macros);
  const std::string key = module_key + ":" + std::string(name);
  const std::lock_guard<std::mutex> lock(gate_);
  if (const auto known = kernels_.find(key); known != kernels_.end()) return *known->second;
  auto module = modules_.find(module_key);
  if (module == modules_.end()) {
    const std::string code = compile_once(program, macros, architecture_);
    CUmodule loaded = nullptr;
    check_setup(driver().load_module(&loaded, code.c_str()), ("loading " + module_key).c_str());
    module = modules_.emplace(std::move(module_key), loaded).first;
  }
  auto kernel = std::make_unique<Kernel>();
  kernel->name = name;
  check_setup(driver().get_function(&kernel->function, module->second, kernel->name.c_str()),
              ("finding kernel " + key).c_str());
  return *kernels_.emplace(key, std::move(kernel)).first->second;
}

CUdeviceptr Device::allocate(int64_t bytes, CUstream stream) {
  CUdeviceptr address = 0;
  const std::size_t size = static_cast<std::size_t>(bytes > 0 ? bytes : 1);
  const CUresult result =
      pool_ != nullptr ? driver().allocate_queued(&address, size, pool_, stream) : driver().allocate(&address, size);
  if (result == kCudaOutOfMemory) {
    throw Error(SPC_OUT_OF_MEMORY, "CUDA device " + std::to_string(number_) + " has no " + std::to_string(bytes) +
                                       " bytes of memory left");
  }
  check(result, "allocating device memory");
  return address;
}

// Without a pool the driver waits for the device itself.
void Device::release(CUdeviceptr address, CUstream stream) noexcept {
  const Driver &api = driver();
  CUcontext popped = nullptr;
  const bool pushed = api.push_context(context_) == kCudaSuccess;
  // Nothing can be done about a failure; at the end of the process the driver may be gone already.
  (void)(pool_ != nullptr ? api.free_queued(address, stream) : api.free(address));
  if (pushed) api.pop_context(&popped);
}

void Device::check(CUresult result, const char *doing) const {
  if (result == kCudaSuccess) return;
  const Kernel *const last = last_kernel_.load(std::memory_order_relaxed);
  std::string message = std::string(doing) + " on CUDA device " + std::to_string(number_) + ": " + text_of(result);
  if (last != nullptr) {
    message +=
        "; the kernel queued last was " + last->name +
        (waits_for_each_kernel() ? "" : " (SPARSECONV_CUDA_SYNC=1 waits for each and names the one that failed)");
  }
  throw Error(result == kCudaOutOfMemory ? SPC_OUT_OF_MEMORY : SPC_DEVICE, std::move(message));
}

Queue::Queue(int32_t device, void *stream) : device_(Device::get(device)), stream_(static_cast<CUstream>(stream)) {
  device_.check(driver().push_context(device_.context()), "making the context current");
}

Queue::~Queue() {
  CUcontext popped = nullptr;
  driver().pop_context(&popped);
}

void Queue::synchronize() const {
  device_.check(driver().synchronize_stream(stream_), "waiting for queued work");
}

void Queue::copy(void *to, const void *from, int64_t bytes) const {
  if (bytes == 0) return;
  device_.check(driver().copy(reinterpret_cast<CUdeviceptr>(to), reinterpret_cast<CUdeviceptr>(from),
                              static_cast<std::size_t>(bytes), stream_),
                "copying memory");
}

void Queue::fill(void *to, unsigned char byte, int64_t bytes) const {
  if (bytes == 0) return;
  device_.check(driver().fill_bytes(reinterpret_cast<CUdeviceptr>(to), byte, static_cast<std::size_t>(bytes), stream_),
                "filling memory");
}

void Holder::finish() const noexcept {
  if (!elsewhere_.load()) return;
  CUcontext popped = nullptr;
  const bool pushed = driver().push_context(device_.context()) == kCudaSuccess;
  driver().synchronize_context();
  if (pushed) driver().pop_context(&popped);
}

bool is_device_memory(const Queue &, const void *memory) {
  unsigned type = 0;
  // The driver reports an invalid value for host memory that it does not know.
  const CUresult result = driver().pointer_attribute(&type, kPointerMemoryType, reinterpret_cast<CUdeviceptr>(memory));
  return result == kCudaSuccess && type == kMemoryTypeDevice;
}

void launch_kernel(const Queue &queue, const Kernel &kernel, Grid grid, int threads, int64_t shared_bytes,
                   void **arguments) {
  if (grid.x <= 0 || grid.y <= 0) return;
  constexpr int64_t kMostX = std::numeric_limits<int32_t>::max(), kMostY = 65535;
  if (grid.x > kMostX || grid.y > kMostY) {
    fail_unsupported(kernel.name + " needs a grid of " + std::to_string(grid.x) + " x " + std::to_string(grid.y) +
                     " blocks, more than CUDA takes");
  }
  Device &device = queue.device();
  constexpr int64_t kSharedWithoutAsking = 48 * 1024;
  if (shared_bytes > kSharedWithoutAsking) {
    device.check(
        driver().set_function_attribute(kernel.function, kFunctionMaxDynamicShared, static_cast<int>(shared_bytes)),
        "asking for shared memory");
  }
  const CUresult result = driver().launch(kernel.function, static_cast<unsigned>(grid.x), static_cast<unsigned>(grid.y),
                                          1, static_cast<unsigned>(threads), 1, 1, static_cast<unsigned>(shared_bytes),
                                          queue.stream(), arguments, nullptr);
  device.note(kernel);
  device.check(result, ("launching " + kernel.name).c_str());
  if (waits_for_each_kernel()) device.check(driver().synchronize_stream(queue.stream()), kernel.name.c_str());
}

}  // namespace spc::cuda
