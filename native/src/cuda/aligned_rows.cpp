#include "cuda/aligned_rows.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kAlignment = 16;

int64_t aligned_channels(int64_t channels, int32_t type) {
  return round_up(channels, kAlignment / size_of(type));
}

}  // namespace

int64_t aligned_bytes(int64_t rows, int64_t groups, int64_t channels, int32_t type) {
  const int64_t wide = aligned_channels(channels, type);
  return wide == channels ? 0 : round_up(rows * groups * wide * size_of(type), kPiece);
}

AlignedRows align_rows(const Queue &queue, const void *first, int64_t rows, int64_t groups, int64_t channels,
                       int32_t type, void *room) {
  const int64_t wide = aligned_channels(channels, type);
  const bool aligned = reinterpret_cast<uintptr_t>(first) % kAlignment == 0;
  if (wide == channels && aligned) return {first, groups * channels, channels, {}};
  AlignedRows result{room, groups * wide, wide, {}};
  const int64_t numbers = rows * groups * wide;
  if (wide == channels) {
    result.own = Buffer<char>(queue, numbers * size_of(type));
    result.first = result.own.data();
  }
  launch(queue, queue.device().kernel("convolution_pack", element_macro(type), "pad_rows"), cover(numbers, kThreads),
         kThreads, 0, first, const_cast<void *>(result.first), numbers, channels, wide);
  return result;
}

}  // namespace spc::cuda
