// The parts of the CUDA driver API and of NVRTC that are used. They are declared here, because the library is built
// without a toolkit, and are opened at first use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace spc::cuda {

// Opaque.
struct CUctx_st;
struct CUmod_st;
struct CUfunc_st;
struct CUstream_st;
struct CUevent_st;
struct CUmemPoolHandle_st;
struct NvrtcProgram_st;

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = uint64_t;
using CUcontext = CUctx_st *;
using CUmodule = CUmod_st *;
using CUfunction = CUfunc_st *;
using CUstream = CUstream_st *;
using CUevent = CUevent_st *;
using CUmemoryPool = CUmemPoolHandle_st *;

constexpr CUresult kCudaSuccess = 0;
constexpr CUresult kCudaOutOfMemory = 2;

// cuDeviceGetAttribute, cuFuncSetAttribute, cuPointerGetAttribute, cuMemPoolSetAttribute
constexpr int kAttributeMultiprocessors = 16;
constexpr int kAttributeMajor = 75;
constexpr int kAttributeMinor = 76;
constexpr int kAttributeMemoryPools = 115;
constexpr int kFunctionMaxDynamicShared = 8;
constexpr int kPointerMemoryType = 2;
constexpr unsigned kMemoryTypeDevice = 2;
constexpr int kPoolReleaseThreshold = 4;

// CUmemPoolProps
struct PoolProperties {
  int allocation_type = 1;  // pinned
  int handle_type = 0;
  int location_type = 1;  // device
  int location_id = 0;
  void *security_attributes = nullptr;
  std::size_t most_bytes = 0;
  unsigned char reserved[56] = {};
};
static_assert(sizeof(PoolProperties) == 88);

// name in the table, symbol, parameters. The last ones are not in every driver and may be null.
#define SPC_DRIVER_FUNCTIONS(F)                                                                                     \
  F(init, cuInit, (unsigned))                                                                                       \
  F(driver_version, cuDriverGetVersion, (int *))                                                                    \
  F(error_name, cuGetErrorName, (CUresult, const char **))                                                          \
  F(error_text, cuGetErrorString, (CUresult, const char **))                                                        \
  F(device_count, cuDeviceGetCount, (int *))                                                                        \
  F(device_get, cuDeviceGet, (CUdevice *, int))                                                                     \
  F(device_name, cuDeviceGetName, (char *, int, CUdevice))                                                          \
  F(device_attribute, cuDeviceGetAttribute, (int *, int, CUdevice))                                                 \
  F(retain_context, cuDevicePrimaryCtxRetain, (CUcontext *, CUdevice))                                              \
  F(push_context, cuCtxPushCurrent_v2, (CUcontext))                                                                 \
  F(pop_context, cuCtxPopCurrent_v2, (CUcontext *))                                                                 \
  F(synchronize_context, cuCtxSynchronize, ())                                                                      \
  F(synchronize_stream, cuStreamSynchronize, (CUstream))                                                            \
  F(create_event, cuEventCreate, (CUevent *, unsigned))                                                             \
  F(record_event, cuEventRecord, (CUevent, CUstream))                                                               \
  F(synchronize_event, cuEventSynchronize, (CUevent))                                                               \
  F(elapsed, cuEventElapsedTime, (float *, CUevent, CUevent))                                                       \
  F(destroy_event, cuEventDestroy_v2, (CUevent))                                                                    \
  F(load_module, cuModuleLoadData, (CUmodule *, const void *))                                                      \
  F(get_function, cuModuleGetFunction, (CUfunction *, CUmodule, const char *))                                      \
  F(set_function_attribute, cuFuncSetAttribute, (CUfunction, int, int))                                             \
  F(launch, cuLaunchKernel,                                                                                         \
    (CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void **, void **)) \
  F(allocate, cuMemAlloc_v2, (CUdeviceptr *, std::size_t))                                                          \
  F(free, cuMemFree_v2, (CUdeviceptr))                                                                              \
  F(copy, cuMemcpyAsync, (CUdeviceptr, CUdeviceptr, std::size_t, CUstream))                                         \
  F(fill_bytes, cuMemsetD8Async, (CUdeviceptr, unsigned char, std::size_t, CUstream))                               \
  F(pointer_attribute, cuPointerGetAttribute, (void *, int, CUdeviceptr))

#define SPC_DRIVER_OPTIONAL(F)                                                                      \
  F(create_pool, cuMemPoolCreate, (CUmemoryPool *, const PoolProperties *))                         \
  F(set_pool_attribute, cuMemPoolSetAttribute, (CUmemoryPool, int, void *))                         \
  F(allocate_queued, cuMemAllocFromPoolAsync, (CUdeviceptr *, std::size_t, CUmemoryPool, CUstream)) \
  F(free_queued, cuMemFreeAsync, (CUdeviceptr, CUstream))

struct Driver {
#define SPC_DECLARE(name, symbol, parameters) CUresult(*name) parameters = nullptr;
  SPC_DRIVER_FUNCTIONS(SPC_DECLARE)
  SPC_DRIVER_OPTIONAL(SPC_DECLARE)
#undef SPC_DECLARE
};

using NvrtcResult = int;
using NvrtcProgram = NvrtcProgram_st *;

#define SPC_NVRTC_FUNCTIONS(F)                                                                   \
  F(version, nvrtcVersion, (int *, int *))                                                       \
  F(create, nvrtcCreateProgram,                                                                  \
    (NvrtcProgram *, const char *, const char *, int, const char *const *, const char *const *)) \
  F(destroy, nvrtcDestroyProgram, (NvrtcProgram *))                                              \
  F(compile, nvrtcCompileProgram, (NvrtcProgram, int, const char *const *))                      \
  F(log_size, nvrtcGetProgramLogSize, (NvrtcProgram, std::size_t *))                             \
  F(log, nvrtcGetProgramLog, (NvrtcProgram, char *))                                             \
  F(ptx_size, nvrtcGetPTXSize, (NvrtcProgram, std::size_t *))                                    \
  F(ptx, nvrtcGetPTX, (NvrtcProgram, char *))

// Since CUDA 11.1 and 11.2.
#define SPC_NVRTC_OPTIONAL(F)                                     \
  F(cubin_size, nvrtcGetCUBINSize, (NvrtcProgram, std::size_t *)) \
  F(cubin, nvrtcGetCUBIN, (NvrtcProgram, char *))                 \
  F(architecture_count, nvrtcGetNumSupportedArchs, (int *))       \
  F(architectures, nvrtcGetSupportedArchs, (int *))

struct Nvrtc {
#define SPC_DECLARE(name, symbol, parameters) NvrtcResult(*name) parameters = nullptr;
  SPC_NVRTC_FUNCTIONS(SPC_DECLARE)
  SPC_NVRTC_OPTIONAL(SPC_DECLARE)
#undef SPC_DECLARE
};

// Opened once. Each call throws, saying what was looked for and where, while there is none that can be used.
const Driver &driver();
const Nvrtc &nvrtc();

}  // namespace spc::cuda
