// The base of all device code: the parts of CUDA C++ that NVRTC knows without headers, a few instructions that have no
// name there, and 16-bit numbers. No toolkit header is needed. The tests compile the same sources as C++ and run them
// on the CPU, where emulation.h takes the place of the GPU.
#pragma once

#if defined(__CUDACC_RTC__)

using int8_t = signed char;
using uint8_t = unsigned char;
using int16_t = short;
using uint16_t = unsigned short;
using int32_t = int;
using uint32_t = unsigned int;
using int64_t = long long;
using uint64_t = unsigned long long;

// A kernel that is launched with `threads` threads a block.
#define SPC_KERNEL(threads, name, ...) extern "C" __global__ void __launch_bounds__(threads) name(__VA_ARGS__)
// The shared memory whose size the launch gives, 16-byte aligned.
#define SPC_DYNAMIC_SHARED(type, name)                        \
  extern __shared__ __align__(16) unsigned char spc_shared[]; \
  type *const name = reinterpret_cast<type *>(spc_shared)
#define SPC_DEVICE __device__ __forceinline__
#define SPC_UNROLL _Pragma("unroll")
#define SPC_UNROLL_1 _Pragma("unroll 1")
#define SPC_UNROLL_4 _Pragma("unroll 4")

#else
#include "emulation.h"
#endif

namespace spc {

struct BFloat16 {
  uint16_t bits;
};
struct Float16 {
  uint16_t bits;
};

#if defined(__CUDACC_RTC__)

SPC_DEVICE uint32_t bits_of(float value) {
  return __float_as_uint(value);
}
SPC_DEVICE float float_of(uint32_t bits) {
  return __uint_as_float(bits);
}

SPC_DEVICE float widen(Float16 value) {
  float wide;
  asm("cvt.f32.f16 %0, %1;" : "=f"(wide) : "h"(value.bits));
  return wide;
}
SPC_DEVICE void narrow(float value, Float16 &to) {
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(to.bits) : "f"(value));
}

// The address of shared memory in instructions.
SPC_DEVICE uint32_t shared_address(const void *pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

#if __CUDA_ARCH__ >= 800

// sums += a * b for 16 x 16 by 16 x 8, distributed over the lanes as PTX defines for mma.m16n8k16.
SPC_DEVICE void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Float16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
SPC_DEVICE void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], BFloat16) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}
// The same for 16 x 8 by 8 x 8 of TF32 numbers, distributed as PTX defines for mma.m16n8k8.
SPC_DEVICE void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], float) {
  asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

SPC_DEVICE uint32_t to_tf32(float value) {
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
  return bits;
}

// Copies 16 bytes to shared memory in the background, or zeros where `valid` is false.
SPC_DEVICE void copy_async(void *to, const void *from, bool valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(valid ? 16 : 0)
               : "memory");
}
SPC_DEVICE void commit_copies() {
  asm volatile("cp.async.commit_group;" ::: "memory");
}
// Waits until at most `kGroups` groups of this thread's copies are unfinished.
template <int kGroups>
SPC_DEVICE void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
}

#endif
#if __CUDA_ARCH__ >= 750

// Four 8 x 8 matrices of 16-bit numbers from shared memory: lane l gives the address of row l % 8 of matrix l / 8.
SPC_DEVICE void load_matrices(uint32_t (&to)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}
SPC_DEVICE void load_matrices_transposed(uint32_t (&to)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared_address(row))
               : "memory");
}

#endif

#endif  // __CUDACC_RTC__

constexpr uint32_t kAllLanes = 0xffffffff;

SPC_DEVICE float widen(BFloat16 value) {
  return float_of(static_cast<uint32_t>(value.bits) << 16);
}
// Rounds to nearest, ties to even; not-a-number stays.
SPC_DEVICE void narrow(float value, BFloat16 &to) {
  const uint32_t bits = bits_of(value);
  to.bits = value != value ? static_cast<uint16_t>(bits >> 16 | 0x40)
                           : static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
SPC_DEVICE float widen(float value) {
  return value;
}
SPC_DEVICE double widen(double value) {
  return value;
}
SPC_DEVICE void narrow(float value, float &to) {
  to = value;
}
SPC_DEVICE void narrow(double value, double &to) {
  to = value;
}

// The type of sums.
template <class T>
struct SumOf {
  using Type = float;
};
template <>
struct SumOf<double> {
  using Type = double;
};
template <class T>
using Sum = typename SumOf<T>::Type;

// The index of this thread in the grid.
SPC_DEVICE int64_t global_thread() {
  return static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

}  // namespace spc

using namespace spc;
