// Vectors and operations on rows, for gemm-inl.h. The rules of that file hold here, too.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "cpu/inner_loops.h"

namespace spc {
namespace {

// Two adjacent bfloat16 numbers, which AVX512-BF16 multiplies and adds in one step.
struct __attribute__((packed, aligned(2), may_alias)) Pair {
  uint32_t bits;
};

// The elements that a register block reads: numbers as they are, or 16-bit numbers widened or joined in pairs.
template <class T>
struct ElementOf {
  using Type = Sum<T>;
};
#if defined(__AVX512BF16__)
template <>
struct ElementOf<BFloat16> {
  using Type = Pair;
};
#endif
template <class T>
using Element = typename ElementOf<T>::Type;
template <class E>
constexpr int64_t kDepth = 1;  // numbers in an element
template <>
constexpr int64_t kDepth<Pair> = 2;

template <class T>
struct Lanes;
template <>
struct Lanes<float> {
  typedef float Vector __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef float Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES), aligned(4), may_alias));
};
template <>
struct Lanes<double> {
  typedef double Vector __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef double Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES), aligned(8), may_alias));
};

template <>
struct Lanes<BFloat16> {
  typedef uint32_t Wide __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef uint16_t Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES / 2), aligned(2), may_alias));
};

#if defined(__AVX512BF16__)
template <>
struct Lanes<Pair> {
  typedef uint32_t Vector __attribute__((vector_size(SPC_VECTOR_BYTES)));
  typedef uint32_t Unaligned __attribute__((vector_size(SPC_VECTOR_BYTES), aligned(2), may_alias));
};
#endif

template <class T>
constexpr int64_t kLanes = SPC_VECTOR_BYTES / sizeof(T);

template <class T>
inline typename Lanes<T>::Vector load(const T *from) {
  return *reinterpret_cast<const typename Lanes<T>::Unaligned *>(from);
}
template <class T>
inline void store(T *to, typename Lanes<T>::Vector value) {
  *reinterpret_cast<typename Lanes<T>::Unaligned *>(to) = value;
}

// As many numbers of any type as a vector has sums, widened; and sums rounded and stored.
template <class T>
inline typename Lanes<Sum<T>>::Vector load_wide(const T *from) {
  using Vector = typename Lanes<Sum<T>>::Vector;
  if constexpr (!kIsHalf<T>) {
    return load(from);
  } else if constexpr (__is_same(T, BFloat16)) {
    const auto bits = *reinterpret_cast<const Lanes<BFloat16>::Unaligned *>(from);
    return reinterpret_cast<Vector>(__builtin_convertvector(bits, Lanes<BFloat16>::Wide) << 16);
  } else {
    Vector value{};
#if defined(__F16C__)
    for (int64_t n = 0; n < kLanes<Sum<T>>; n += 8) {
      const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from + n));
      _mm256_storeu_ps(reinterpret_cast<float *>(&value) + n, _mm256_cvtph_ps(half));
    }
#else
    for (int64_t n = 0; n < kLanes<Sum<T>>; ++n) value[n] = widen(from[n]);
#endif
    return value;
  }
}

template <class T>
inline void store_narrow(T *to, typename Lanes<Sum<T>>::Vector value) {
  if constexpr (!kIsHalf<T>) {
    store(to, value);
  } else if constexpr (__is_same(T, BFloat16)) {
    using Wide = Lanes<BFloat16>::Wide;
    const Wide bits = reinterpret_cast<Wide>(value), high = bits >> 16;
    const Wide rounded = (bits + 0x7fffu + (high & 1u)) >> 16;
    const Wide stored = (bits & 0x7fffffffu) > 0x7f800000u ? high | 0x40u : rounded;  // as narrow() does
    *reinterpret_cast<Lanes<BFloat16>::Unaligned *>(to) = __builtin_convertvector(stored, Lanes<BFloat16>::Unaligned);
  } else {
#if defined(__F16C__)
    for (int64_t n = 0; n < kLanes<Sum<T>>; n += 8) {
      const __m256 part = _mm256_loadu_ps(reinterpret_cast<const float *>(&value) + n);
      _mm_storeu_si128(reinterpret_cast<__m128i *>(to + n), _mm256_cvtps_ph(part, _MM_FROUND_TO_NEAREST_INT));
    }
#else
    for (int64_t n = 0; n < kLanes<Sum<T>>; ++n) narrow(value[n], to[n]);
#endif
  }
}

// Past the caches where an instruction does that; others see it after finish_streams. `to` is aligned to a vector.
template <class T>
inline void stream(T *to, typename Lanes<T>::Vector value) {
#if defined(__AVX512F__) && SPC_VECTOR_BYTES == 64
  _mm512_stream_si512(reinterpret_cast<__m512i *>(to), reinterpret_cast<__m512i>(value));
#elif defined(__AVX__) && SPC_VECTOR_BYTES == 32
  _mm256_stream_si256(reinterpret_cast<__m256i *>(to), reinterpret_cast<__m256i>(value));
#elif defined(__SSE2__) && SPC_VECTOR_BYTES == 16
  _mm_stream_si128(reinterpret_cast<__m128i *>(to), reinterpret_cast<__m128i>(value));
#else
  store(to, value);
#endif
}
inline void finish_streams() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

template <class T>
inline void add_product(typename Lanes<T>::Vector &sum, T value, typename Lanes<T>::Vector column) {
  sum += value * column;
}
#if defined(__AVX512BF16__)
inline void add_product(Lanes<float>::Vector &sum, Pair value, Lanes<Pair>::Vector column) {
  sum = reinterpret_cast<Lanes<float>::Vector>(
      _mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), reinterpret_cast<__m512bh>(Lanes<Pair>::Vector{} + value.bits),
                       reinterpret_cast<__m512bh>(column)));
}
#endif

inline int64_t row_at(const int32_t *rows, int64_t position) {
  return rows != nullptr ? rows[position] : position;
}

// The number of vectors that hold this many columns.
template <class T>
inline int64_t vectors_of(int64_t columns) {
  return (columns + kLanes<T> - 1) / kLanes<T>;
}

constexpr int64_t kCacheLineBytes = 64;

// Prefetches cache lines [begin, end) of a row.
template <class T, int Write = 0>
inline void prefetch_row(const T *row, int64_t begin, int64_t end) {
  const char *const bytes = reinterpret_cast<const char *>(row);
  for (int64_t line = begin; line < end; ++line) __builtin_prefetch(bytes + line * kCacheLineBytes, Write);
}

// The number of cache lines that a row with this many columns takes.
template <class T>
inline int64_t cache_lines_of(int64_t columns) {
  return (columns * static_cast<int64_t>(sizeof(T)) + kCacheLineBytes - 1) / kCacheLineBytes;
}

template <class T>
void widen_row(const T *from, int64_t columns, Sum<T> *to) {
  if constexpr (kIsHalf<T>) {
    int64_t n = 0;
#if defined(__F16C__)
    if constexpr (__is_same(T, Float16)) {
      for (; n + 8 <= columns; n += 8) {
        _mm256_storeu_ps(to + n, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from + n))));
      }
    }
#endif
    for (; n < columns; ++n) to[n] = widen(from[n]);
  } else {
    int64_t n = 0;
    for (; n + kLanes<T> <= columns; n += kLanes<T>) store(to + n, load(from + n));
    for (; n < columns; ++n) to[n] = from[n];
  }
}

inline Pair join(BFloat16 even, BFloat16 odd) {
  return {even.bits | static_cast<uint32_t>(odd.bits) << 16};
}

}  // namespace
}  // namespace spc
