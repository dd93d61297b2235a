// Opens shared libraries at run time. No other file does.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

namespace spc::cuda {

// Stays open for the life of the process.
class Library {
 public:
  // An empty library where it cannot be opened, with the reason.
  static Library open(const std::string &name, std::string &why);

  explicit operator bool() const { return handle_ != nullptr; }

  template <class Function>
  bool find(const char *symbol, Function *&to) const {
    to = reinterpret_cast<Function *>(address_of(symbol));
    return to != nullptr;
  }

 private:
  void *address_of(const char *symbol) const;

  void *handle_ = nullptr;
};

// Paths of the libraries in this process whose file names begin with one of the words.
std::vector<std::string> loaded_libraries(std::initializer_list<const char *> words);

}  // namespace spc::cuda
