// A double of the CUDA driver and of NVRTC, with devices whose kernels run by emulation. Device memory is out of reach
// for the host but inside a copy or a kernel, starts as not-a-number, and has guards on both sides that are looked at
// when it is freed. Everything queued is done at once.
//
// SPARSECONV_EMULATED_SM       which GPUs there are, 80 where it is not set
// SPARSECONV_EMULATED_DEVICES  how many, 1
// SPARSECONV_EMULATED_POOLS    0: the driver has no memory pools
// SPARSECONV_EMULATED_MEMORY   open: the host may reach device memory at any time, which saves time
// SPARSECONV_EMULATED_LATE     1: a kernel that fails is not reported by its launch but by what waits for it
// SPARSECONV_EMULATED_TARGETS  the architectures that NVRTC knows, "70 75"; where it is not set, it does not tell
// SPARSECONV_EMULATED_REFUSES  the program that NVRTC does not compile
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <vector>

#include "cuda/driver.h"
#include "emulation_run.h"

#define DOUBLE_API extern "C" __attribute__((visibility("default")))

namespace {

using namespace spc::cuda;

constexpr CUresult kInvalidValue = 1, kNotFound = 500, kIllegalAddress = 700, kLaunchFailed = 719;
constexpr NvrtcResult kNvrtcCompilation = 6;

std::recursive_mutex gate;

[[noreturn]] void give_up(const std::string &what) {
  std::fprintf(stderr, "driver double: %s\n", what.c_str());
  std::abort();
}

class Memory {
 public:
  static constexpr std::size_t kGuard = 256;

  CUresult allocate(CUdeviceptr *to, std::size_t bytes) {
    const std::size_t room = (bytes + 2 * kGuard + 255) / 256 * 256;
    const auto free = std::find_if(free_.begin(), free_.end(), [&](const auto &one) { return one.second >= room; });
    std::size_t at = 0;
    if (free != free_.end()) {
      at = free->first;
      const std::size_t rest = free->second - room;
      free_.erase(free);
      if (rest > 0) free_[at + room] = rest;
    } else {
      if (used_ + room > kBytes) return kCudaOutOfMemory;
      at = used_;
      used_ += room;
    }
    blocks_[at] = {bytes, room};
    const Opened opened(*this);
    std::memset(base() + at, 0xfd, kGuard);
    std::memset(base() + at + kGuard, 0xff, bytes);
    std::memset(base() + at + kGuard + bytes, 0xfd, room - bytes - kGuard);
    *to = reinterpret_cast<CUdeviceptr>(base() + at + kGuard);
    return kCudaSuccess;
  }

  CUresult release(CUdeviceptr address) {
    const std::size_t at = address - reinterpret_cast<CUdeviceptr>(base()) - kGuard;
    const auto found = blocks_.find(at);
    if (found == blocks_.end()) give_up("memory is freed that was not allocated");
    const auto [bytes, room] = found->second;
    {
      const Opened opened(*this);
      const auto whole = [&](const unsigned char *from, std::size_t count) {
        return std::all_of(from, from + count, [](unsigned char byte) { return byte == 0xfd; });
      };
      const unsigned char *const first = base() + at;
      if (!whole(first, kGuard) || !whole(first + kGuard + bytes, room - bytes - kGuard)) {
        give_up("something wrote beside an allocation of " + std::to_string(bytes) + " bytes");
      }
      std::memset(base() + at, 0xff, room);
    }
    blocks_.erase(found);
    give_back(at, room);
    return kCudaSuccess;
  }

  bool holds(CUdeviceptr address) const {
    const auto first = reinterpret_cast<CUdeviceptr>(base());
    return address >= first && address < first + kBytes;
  }

  std::size_t live() const { return blocks_.size(); }

  // The host reaches device memory while one lives.
  class Opened {
   public:
    explicit Opened(const Memory &memory) : memory_(memory) { memory.protect(PROT_READ | PROT_WRITE); }
    ~Opened() { memory_.protect(PROT_NONE); }

   private:
    const Memory &memory_;
  };

 private:
  static constexpr std::size_t kBytes = std::size_t{2} << 30;

  static unsigned char *base() {
    static auto *const memory = static_cast<unsigned char *>(
        mmap(nullptr, kBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    return memory;
  }
  // Joins what is free with its free neighbours: what protect() covers stays small.
  void give_back(std::size_t at, std::size_t room) {
    auto next = free_.lower_bound(at);
    if (next != free_.end() && at + room == next->first) {
      room += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin() && std::prev(next)->first + std::prev(next)->second == at) {
      std::prev(next)->second += room;
    } else {
      free_[at] = room;
    }
  }
  void protect(int protection) const {
    static const char *const setting = std::getenv("SPARSECONV_EMULATED_MEMORY");
    static const bool open = setting != nullptr && std::strcmp(setting, "open") == 0;
    if (open) protection = PROT_READ | PROT_WRITE;
    if (open && used_ <= open_) return;
    open_ = used_;
    mprotect(base(), std::max<std::size_t>((used_ + 4095) / 4096 * 4096, 4096), protection);
  }

  struct Allocation {
    std::size_t bytes, room;
  };
  std::size_t used_ = 0;
  mutable std::size_t open_ = 0;
  std::map<std::size_t, Allocation> blocks_;
  std::map<std::size_t, std::size_t> free_;
};
Memory &memory() {
  static auto &all = *new Memory;
  return all;
}

std::string setting(const char *name, const char *otherwise) {
  const char *const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

int architecture() {
  return std::stoi(setting("SPARSECONV_EMULATED_SM", "80"));
}

std::vector<int> targets() {
  std::istringstream text(setting("SPARSECONV_EMULATED_TARGETS", ""));
  std::vector<int> known;
  for (int one = 0; text >> one;) known.push_back(one);
  return known;
}

thread_local std::vector<CUcontext> contexts;
CUresult late_failure = kCudaSuccess;
std::int64_t waits = 0;

}  // namespace

// Opaque to the library.
struct spc::cuda::CUctx_st {};
struct spc::cuda::CUmod_st {
  std::string program, macros;
  CUcontext context;
};
struct spc::cuda::CUfunc_st {
  const emulation::KernelInfo *kernel;
  CUcontext context;
};
struct spc::cuda::NvrtcProgram_st {
  std::string name, macros, target, log;

  std::string image() const { return "emulated:" + name + "|" + macros + "|" + target; }
};

DOUBLE_API CUresult cuInit(unsigned) {
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDriverGetVersion(int *to) {
  *to = 11080;
  return kCudaSuccess;
}
DOUBLE_API CUresult cuGetErrorName(CUresult result, const char **to) {
  *to = result == kIllegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS"
        : result == kLaunchFailed ? "CUDA_ERROR_LAUNCH_FAILED"
                                  : "CUDA_ERROR";
  return kCudaSuccess;
}
DOUBLE_API CUresult cuGetErrorString(CUresult, const char **to) {
  *to = "by the driver's double";
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDeviceGetCount(int *to) {
  *to = std::stoi(setting("SPARSECONV_EMULATED_DEVICES", "1"));
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDeviceGet(CUdevice *to, int number) {
  *to = number;
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDeviceGetName(char *to, int bytes, CUdevice) {
  std::snprintf(to, static_cast<std::size_t>(bytes), "Emulated GPU");
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDeviceGetAttribute(int *to, int attribute, CUdevice) {
  *to = attribute == kAttributeMajor             ? architecture() / 10
        : attribute == kAttributeMinor           ? architecture() % 10
        : attribute == kAttributeMultiprocessors ? 4
        : attribute == kAttributeMemoryPools     ? std::stoi(setting("SPARSECONV_EMULATED_POOLS", "1"))
                                                 : 1;
  return kCudaSuccess;
}
DOUBLE_API CUresult cuDevicePrimaryCtxRetain(CUcontext *to, CUdevice device) {
  static std::map<CUdevice, CUctx_st> all;
  const std::lock_guard lock(gate);
  *to = &all[device];
  return kCudaSuccess;
}
DOUBLE_API CUresult cuCtxPushCurrent_v2(CUcontext context) {
  contexts.push_back(context);
  return kCudaSuccess;
}
DOUBLE_API CUresult cuCtxPopCurrent_v2(CUcontext *) {
  if (contexts.empty()) give_up("more contexts are popped than were pushed");
  contexts.pop_back();
  return kCudaSuccess;
}
DOUBLE_API CUresult cuCtxSynchronize() {
  const std::lock_guard lock(gate);
  ++waits;
  return late_failure;
}
DOUBLE_API CUresult cuStreamSynchronize(CUstream) {
  const std::lock_guard lock(gate);
  return late_failure;
}

// No time passes that could be told: each span between two events is 1 ms.
DOUBLE_API CUresult cuEventCreate(CUevent *to, unsigned) {
  static int event;
  *to = reinterpret_cast<CUevent>(&event);
  return kCudaSuccess;
}
DOUBLE_API CUresult cuEventRecord(CUevent, CUstream) {
  return kCudaSuccess;
}
DOUBLE_API CUresult cuEventSynchronize(CUevent) {
  return kCudaSuccess;
}
DOUBLE_API CUresult cuEventElapsedTime(float *to, CUevent, CUevent) {
  *to = 1;
  return kCudaSuccess;
}
DOUBLE_API CUresult cuEventDestroy_v2(CUevent) {
  return kCudaSuccess;
}

DOUBLE_API CUresult cuModuleLoadData(CUmodule *to, const void *image) {
  std::istringstream text(static_cast<const char *>(image));
  std::string word, program, macros;
  std::getline(text, word, ':');
  std::getline(text, program, '|');
  std::getline(text, macros, '|');
  if (word != "emulated" || contexts.empty()) return kInvalidValue;
  *to = new CUmod_st{program, macros, contexts.back()};
  return kCudaSuccess;
}
DOUBLE_API CUresult cuModuleGetFunction(CUfunction *to, CUmodule module, const char *name) {
  const emulation::KernelInfo *const kernel = emulation::find_kernel(module->program, module->macros, name);
  if (kernel == nullptr) return kNotFound;
  *to = new CUfunc_st{kernel, module->context};
  return kCudaSuccess;
}
DOUBLE_API CUresult cuFuncSetAttribute(CUfunction, int, int) {
  return kCudaSuccess;
}
DOUBLE_API CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned, unsigned threads,
                                   unsigned, unsigned, unsigned shared_bytes, CUstream, void **arguments, void **) {
  const std::lock_guard lock(gate);
  if (contexts.empty() || contexts.back() != function->context) {
    give_up(std::string(function->kernel->name) + " is launched while its context is not current");
  }
  if (late_failure != kCudaSuccess) return late_failure;
  const Memory::Opened opened(memory());
  const std::string failure = emulation::run(*function->kernel, grid_x, grid_y, threads, shared_bytes, arguments);
  if (failure.empty()) return kCudaSuccess;
  std::fprintf(stderr, "driver double: %s: %s\n", function->kernel->name, failure.c_str());
  if (setting("SPARSECONV_EMULATED_LATE", "0") == "0") return kLaunchFailed;
  late_failure = kLaunchFailed;
  return kCudaSuccess;
}

DOUBLE_API CUresult cuMemAlloc_v2(CUdeviceptr *to, std::size_t bytes) {
  const std::lock_guard lock(gate);
  return memory().allocate(to, bytes);
}
DOUBLE_API CUresult cuMemFree_v2(CUdeviceptr address) {
  const std::lock_guard lock(gate);
  return memory().release(address);
}
DOUBLE_API CUresult cuMemPoolCreate(CUmemoryPool *to, const PoolProperties *) {
  static int pool;
  *to = reinterpret_cast<CUmemoryPool>(&pool);
  return kCudaSuccess;
}
DOUBLE_API CUresult cuMemPoolSetAttribute(CUmemoryPool, int, void *) {
  return kCudaSuccess;
}
DOUBLE_API CUresult cuMemAllocFromPoolAsync(CUdeviceptr *to, std::size_t bytes, CUmemoryPool, CUstream) {
  return cuMemAlloc_v2(to, bytes);
}
DOUBLE_API CUresult cuMemFreeAsync(CUdeviceptr address, CUstream) {
  return cuMemFree_v2(address);
}
DOUBLE_API CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream) {
  const std::lock_guard lock(gate);
  const Memory::Opened opened(memory());
  std::memmove(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes);
  return kCudaSuccess;
}
DOUBLE_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char byte, std::size_t bytes, CUstream) {
  const std::lock_guard lock(gate);
  const Memory::Opened opened(memory());
  std::memset(reinterpret_cast<void *>(to), byte, bytes);
  return kCudaSuccess;
}
DOUBLE_API CUresult cuPointerGetAttribute(void *to, int attribute, CUdeviceptr address) {
  if (attribute != kPointerMemoryType || !memory().holds(address)) return kInvalidValue;
  *static_cast<unsigned *>(to) = kMemoryTypeDevice;
  return kCudaSuccess;
}

// Allocations that have not been freed: for tests of lifetimes.
DOUBLE_API std::int64_t driver_double_allocations() {
  const std::lock_guard lock(gate);
  return static_cast<std::int64_t>(memory().live());
}

// How often the whole context was waited for.
DOUBLE_API std::int64_t driver_double_waits() {
  const std::lock_guard lock(gate);
  return waits;
}

DOUBLE_API NvrtcResult nvrtcVersion(int *major, int *minor) {
  *major = 11;
  *minor = 8;
  return 0;
}
DOUBLE_API NvrtcResult nvrtcCreateProgram(NvrtcProgram *to, const char *, const char *name, int, const char *const *,
                                          const char *const *) {
  *to = new NvrtcProgram_st;
  const std::string file = name;
  (*to)->name = file.substr(0, file.rfind(".cu"));
  return 0;
}
DOUBLE_API NvrtcResult nvrtcDestroyProgram(NvrtcProgram *program) {
  delete *program;
  *program = nullptr;
  return 0;
}
DOUBLE_API NvrtcResult nvrtcCompileProgram(NvrtcProgram program, int count, const char *const *options) {
  for (int i = 0; i < count; ++i) {
    const std::string option = options[i];
    if (option.starts_with("--gpu-architecture=")) program->target = option.substr(option.find('=') + 1);
    if (option.starts_with("-D")) program->macros += (program->macros.empty() ? "" : " ") + option.substr(2);
  }
  if (program->name == setting("SPARSECONV_EMULATED_REFUSES", "")) {
    program->log = program->name + ".cu(3): error: it is refused\n1 error detected\n";
    return kNvrtcCompilation;
  }
  if (emulation::has_program(program->name, program->macros)) return 0;
  program->log = "the emulation has no program " + program->name + " with " + program->macros + "\n";
  return kNvrtcCompilation;
}
DOUBLE_API NvrtcResult nvrtcGetProgramLogSize(NvrtcProgram program, std::size_t *to) {
  *to = program->log.size();
  return 0;
}
DOUBLE_API NvrtcResult nvrtcGetProgramLog(NvrtcProgram program, char *to) {
  std::memcpy(to, program->log.data(), program->log.size());
  return 0;
}
DOUBLE_API NvrtcResult nvrtcGetCUBINSize(NvrtcProgram program, std::size_t *to) {
  *to = program->image().size() + 1;
  return 0;
}
DOUBLE_API NvrtcResult nvrtcGetCUBIN(NvrtcProgram program, char *to) {
  const std::string text = program->image();
  std::memcpy(to, text.c_str(), text.size() + 1);
  return 0;
}
DOUBLE_API NvrtcResult nvrtcGetPTXSize(NvrtcProgram program, std::size_t *to) {
  return nvrtcGetCUBINSize(program, to);
}
DOUBLE_API NvrtcResult nvrtcGetPTX(NvrtcProgram program, char *to) {
  return nvrtcGetCUBIN(program, to);
}
DOUBLE_API NvrtcResult nvrtcGetNumSupportedArchs(int *to) {
  *to = static_cast<int>(targets().size());
  return 0;
}
DOUBLE_API NvrtcResult nvrtcGetSupportedArchs(int *to) {
  const std::vector<int> known = targets();
  std::copy(known.begin(), known.end(), to);
  return 0;
}
