// Errors inside the library are exceptions; api.h turns them into a status and a message.
#pragma once

#include <exception>
#include <string>

#include "sparseconv.h"

namespace spc {

class Error final : public std::exception {
 public:
  Error(spc_status status, std::string message) : status_(status), message_(std::move(message)) {}

  spc_status status() const { return status_; }
  const char *what() const noexcept override { return message_.c_str(); }

 private:
  spc_status status_;
  std::string message_;
};

[[noreturn]] inline void fail_argument(std::string message) {
  throw Error(SPC_INVALID_ARGUMENT, std::move(message));
}

[[noreturn]] inline void fail_unsupported(std::string message) {
  throw Error(SPC_UNSUPPORTED, std::move(message));
}

[[noreturn]] inline void fail_device(std::string message) {
  throw Error(SPC_DEVICE, std::move(message));
}

// The message of the last failure on this thread. It is kept in a fixed buffer, so that storing it cannot fail.
const char *last_error() noexcept;
void record_error(const char *message) noexcept;

}  // namespace spc
