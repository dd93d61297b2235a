#include "cpu/block_list.h"

#include "site_limits.h"

namespace spc {

void join_blocks(const Team &team, const std::vector<BlockList> &lists, Sites &sites) {
  struct Start {
    int64_t block, row;
  };
  std::vector<Start> starts;
  for (const BlockList &list : lists) {
    starts.push_back({sites.blocks, sites.rows});
    sites.blocks += std::ssize(list.blocks);
    sites.rows += list.rows;
  }
  if (sites.rows > kMostMapRows) fail_too_many_rows(sites.rows);
  sites.keys = make_array<uint64_t>(sites.blocks);
  sites.masks = make_array<uint64_t>(sites.blocks);
  sites.bases = make_array<int32_t>(sites.blocks);
  parallel_for(team, std::ssize(lists), [&](int64_t part, int) {
    auto [index, row] = starts[part];
    for (const auto [key, mask] : lists[part].blocks) {
      sites.keys[index] = key;
      sites.masks[index] = mask;
      sites.bases[index++] = static_cast<int32_t>(row);
      row += std::popcount(mask);
    }
  });
}

}  // namespace spc
