#include "error.h"

#include <algorithm>
#include <cstring>

namespace spc {
namespace {

constexpr std::size_t kCapacity = 512;
thread_local char message_of_thread[kCapacity] = "";

}  // namespace

const char *last_error() noexcept {
  return message_of_thread;
}

void record_error(const char *message) noexcept {
  const std::size_t length = std::min(std::strlen(message), kCapacity - 1);
  std::memcpy(message_of_thread, message, length);
  message_of_thread[length] = '\0';
}

}  // namespace spc
