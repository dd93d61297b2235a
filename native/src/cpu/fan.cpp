#include "cpu/fan.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace spc {

std::vector<FanSlab> fan_out(const SplitOffsets &offsets, int dimensions) {
  const int last = dimensions - 1, lead = std::max(last - 1, 0);
  const auto less = [](const Split &a, const Split &b) {
    return std::tie(a.quotient, a.rest) < std::tie(b.quotient, b.rest);
  };
  const auto before = [&](const auto &a, const auto &b, int axes) {
    return std::lexicographical_compare(a.begin(), a.begin() + axes, b.begin(), b.begin() + axes, less);
  };
  std::vector<int64_t> order(offsets.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return before(offsets[a], offsets[b], dimensions); });
  std::vector<FanSlab> slabs;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto &offset = offsets[order[i]];
    const auto leads_on = [&](int axes) { return i == 0 || before(offsets[order[i - 1]], offset, axes); };
    if (leads_on(lead)) slabs.push_back({offset, {}});
    if (leads_on(last)) slabs.back().lines.push_back({last > 0 ? offset[last - 1] : Split{0, 0}, {}});
    slabs.back().lines.back().taps.push_back({offset[last], order[i]});
  }
  return slabs;
}

}  // namespace spc
