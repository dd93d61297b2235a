#include "cuda/route.h"

#include "cuda/convolution.h"
#include "cuda/tuning.h"

namespace spc::cuda {

bool has_tensor_cores(const Device &device, int32_t type) {
  return device.architecture() >= 80 && (size_of(type) == 2 || (type == SPC_FLOAT32 && allows_tf32()));
}

bool worth_tuning(const Route &route, const Channels &channels) {
  return route.pairs() * channels.in >= least_tuned_work() / channels.all_out();
}

std::string shape_of(const Route &route, const Channels &channels) {
  std::string text = element_macro(channels.type);
  for (const int64_t number : {channels.groups, channels.in, channels.out, route.taps,
                               int64_t{log2_of(route.written.rows)}, int64_t{log2_of(route.pairs())}}) {
    text += " " + std::to_string(number);
  }
  return text;
}

}  // namespace spc::cuda
