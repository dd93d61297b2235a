// Stands in for a GPU: device code compiled as C++ and run on the CPU, one block after the other, each thread of a
// block on a stack of its own. Barriers and exchanges between the lanes of a warp wait as they do on a GPU, so a
// missing one shows in wrong numbers (the order of threads can be changed, see emulation.cpp), and one that not all
// threads reach shows as a failed launch. Copies in the background arrive when they are waited for and not before.
#pragma once

#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

namespace emulation {

struct Index {
  unsigned x, y, z;
};
extern Index thread_index, block_index, block_size, grid_size;
extern unsigned char *dynamic_shared;

// One block's threads meet here.
void synchronize_block();

constexpr int kLanes = 32, kMostBytes = 64;
using Slots = unsigned char (*)[kMostBytes];  // [lanes], by lane

// Waits until all lanes of the warp have given their bytes, and returns them; good until this lane exchanges again.
Slots exchange(const void *bytes, std::size_t size);
int lane();

void copy_later(void *to, const void *from, bool valid);
void commit_copies();
void wait_for_copies(int groups);

using Body = void (*)(void **);
struct Registered {
  Registered(const char *program, const char *macros, const char *name, int threads, Body body);
};

template <class>
struct Caller;
template <class... Parameters>
struct Caller<void (*)(Parameters...)> {
  template <void (*kKernel)(Parameters...)>
  static void call(void **arguments) {
    call_with<kKernel>(arguments, std::index_sequence_for<Parameters...>{});
  }
  template <void (*kKernel)(Parameters...), std::size_t... kIndex>
  static void call_with([[maybe_unused]] void **arguments, std::index_sequence<kIndex...>) {
    kKernel(*static_cast<std::remove_cv_t<std::remove_reference_t<Parameters>> *>(arguments[kIndex])...);
  }
};

template <class T>
T at(Slots slots, int lane) {
  static_assert(sizeof(T) <= kMostBytes && std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, slots[lane], sizeof value);
  return value;
}

void need_all_lanes(uint32_t mask);

template <class T>
T shuffle(uint32_t mask, T value, int from) {
  need_all_lanes(mask);
  const Slots slots = exchange(&value, sizeof value);
  return from >= 0 && from < kLanes ? at<T>(slots, from) : value;
}

}  // namespace emulation

#define threadIdx emulation::thread_index
#define blockIdx emulation::block_index
#define blockDim emulation::block_size
#define gridDim emulation::grid_size
#define __shared__ static
#define __align__(bytes) alignas(bytes)
#define __restrict__ __restrict
#define SPC_DEVICE inline
#define SPC_UNROLL
#define SPC_UNROLL_1
#define SPC_UNROLL_4
#define SPC_DYNAMIC_SHARED(type, name) type *const name = reinterpret_cast<type *>(emulation::dynamic_shared)
#define SPC_KERNEL(threads, name, ...)                                                                   \
  static void name(__VA_ARGS__);                                                                         \
  static const emulation::Registered registered_##name(SPC_PROGRAM, SPC_MACROS, #name, threads,          \
                                                       emulation::Caller<decltype(&name)>::call<&name>); \
  static void name(__VA_ARGS__)

inline void __syncthreads() {
  emulation::synchronize_block();
}
inline void __syncwarp(uint32_t mask = 0xffffffff) {
  emulation::need_all_lanes(mask);
  emulation::exchange(&mask, sizeof mask);
}
inline void __threadfence() {}

template <class T>
T __shfl_sync(uint32_t mask, T value, int from) {
  return emulation::shuffle(mask, value, from & 31);
}
template <class T>
T __shfl_up_sync(uint32_t mask, T value, unsigned by) {
  return emulation::shuffle(mask, value, emulation::lane() - static_cast<int>(by));
}
template <class T>
T __shfl_down_sync(uint32_t mask, T value, unsigned by) {
  return emulation::shuffle(mask, value, emulation::lane() + static_cast<int>(by));
}
template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int with) {
  return emulation::shuffle(mask, value, emulation::lane() ^ with);
}
inline uint32_t __ballot_sync(uint32_t mask, bool vote) {
  emulation::need_all_lanes(mask);
  const emulation::Slots slots = emulation::exchange(&vote, sizeof vote);
  uint32_t votes = 0;
  for (int lane = 0; lane < emulation::kLanes; ++lane) votes |= (emulation::at<bool>(slots, lane) ? 1u : 0u) << lane;
  return votes;
}
inline bool __any_sync(uint32_t mask, bool vote) {
  return __ballot_sync(mask, vote) != 0;
}
inline bool __all_sync(uint32_t mask, bool vote) {
  return __ballot_sync(mask, vote) == 0xffffffff;
}
template <class T>
uint32_t __match_any_sync(uint32_t mask, T value) {
  emulation::need_all_lanes(mask);
  const emulation::Slots slots = emulation::exchange(&value, sizeof value);
  uint32_t equal = 0;
  for (int lane = 0; lane < emulation::kLanes; ++lane) {
    equal |= (emulation::at<T>(slots, lane) == value ? 1u : 0u) << lane;
  }
  return equal;
}

inline int __popc(uint32_t bits) {
  return __builtin_popcount(bits);
}
inline int __popcll(uint64_t bits) {
  return __builtin_popcountll(bits);
}
inline int __ffs(uint32_t bits) {
  return __builtin_ffs(static_cast<int>(bits));
}
inline int __ffsll(uint64_t bits) {
  return __builtin_ffsll(static_cast<long long>(bits));
}
inline int __clz(uint32_t bits) {
  return bits == 0 ? 32 : __builtin_clz(bits);
}
inline int __clzll(uint64_t bits) {
  return bits == 0 ? 64 : __builtin_clzll(bits);
}
template <class T>
T __ldg(const T *from) {
  return *from;
}
inline float __fmaf_rn(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
inline double __fma_rn(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}
inline double __dsqrt_rn(double value) {
  return __builtin_sqrt(value);
}
inline float __fmul_rn(float a, float b) {
  return a * b;
}
inline double floor(double value) {
  return __builtin_floor(value);
}
inline double __dmul_rn(double a, double b) {
  return a * b;
}
template <class T>
T min(T a, T b) {
  return b < a ? b : a;
}
template <class T>
T max(T a, T b) {
  return a < b ? b : a;
}

// Threads take turns, so that what is atomic on a GPU is plain here.
template <class T>
T atomicAdd(T *to, std::type_identity_t<T> value) {
  const T before = *to;
  *to = static_cast<T>(before + value);
  return before;
}
template <class T>
T atomicOr(T *to, std::type_identity_t<T> value) {
  const T before = *to;
  *to = before | value;
  return before;
}
template <class T>
T atomicMin(T *to, std::type_identity_t<T> value) {
  const T before = *to;
  *to = value < before ? value : before;
  return before;
}
template <class T>
T atomicMax(T *to, std::type_identity_t<T> value) {
  const T before = *to;
  *to = before < value ? value : before;
  return before;
}
template <class T>
T atomicExch(T *to, std::type_identity_t<T> value) {
  return std::exchange(*to, value);
}
template <class T>
T atomicCAS(T *to, std::type_identity_t<T> expected, std::type_identity_t<T> value) {
  const T before = *to;
  if (before == expected) *to = value;
  return before;
}

struct alignas(8) uint2 {
  uint32_t x, y;
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
struct alignas(8) int2 {
  int32_t x, y;
};
struct alignas(16) int4 {
  int32_t x, y, z, w;
};
struct alignas(8) float2 {
  float x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) {
  return {x, y, z, w};
}
inline float4 make_float4(float x, float y, float z, float w) {
  return {x, y, z, w};
}
inline int4 make_int4(int32_t x, int32_t y, int32_t z, int32_t w) {
  return {x, y, z, w};
}

namespace spc {

struct BFloat16;
struct Float16;

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
inline float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
float widen(Float16 value);
void narrow(float value, Float16 &to);

void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], Float16);
void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], BFloat16);
void multiply_tile(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], float);
uint32_t to_tf32(float value);
void load_matrices(uint32_t (&to)[4], const void *row);
void load_matrices_transposed(uint32_t (&to)[4], const void *row);
inline void copy_async(void *to, const void *from, bool valid) {
  emulation::copy_later(to, from, valid);
}
inline void commit_copies() {
  emulation::commit_copies();
}
template <int kGroups>
void wait_for_copies() {
  emulation::wait_for_copies(kGroups);
}

}  // namespace spc
