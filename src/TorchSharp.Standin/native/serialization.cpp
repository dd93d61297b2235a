// torch.save and torch.load of one tensor, in libtorch's own archive format.
#include <torch/serialize.h>

#include "standin.h"

using namespace standin;

STANDIN_API standin_save(const at::Tensor *tensor, const char *path) {
  return guard([&] { torch::save(*tensor, std::string(path)); });
}

STANDIN_API standin_load(const char *path, at::Tensor **result) {
  return guard([&] {
    at::Tensor tensor;
    torch::load(tensor, std::string(path));
    *result = to_handle(std::move(tensor));
  });
}
