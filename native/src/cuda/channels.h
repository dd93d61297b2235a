// How the threads share a matrix: each takes a few channels of a row (channels.cuh).
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "matrix.h"

namespace spc::cuda {

struct Element {
  const char *macros;  // of the programs for it
  int32_t bytes;
};

inline Element element_of(int32_t type) {
  check_element_type(type);
  switch (type) {
    case SPC_FLOAT32:
      return {"ELEMENT=float", 4};
    case SPC_FLOAT64:
      return {"ELEMENT=double", 8};
    case SPC_BFLOAT16:
      return {"ELEMENT=BFloat16", 2};
    default:
      return {"ELEMENT=Float16", 2};
  }
}

struct RowThreads {
  int32_t width;  // channels a thread: 16 bytes of them where all rows of all arrays are aligned, else 1
  int64_t count;  // threads a row
};

inline RowThreads row_threads_of(Element element, int64_t channels, std::initializer_list<const void *> arrays) {
  constexpr int32_t kBytes = 16;
  const bool aligned = std::all_of(arrays.begin(), arrays.end(), [](const void *array) {
    return reinterpret_cast<std::uintptr_t>(array) % kBytes == 0;
  });
  const int32_t vector = kBytes / element.bytes, width = aligned && channels % vector == 0 ? vector : 1;
  return {width, channels / width};
}

}  // namespace spc::cuda
