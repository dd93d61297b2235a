#include "cuda/scan.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kItems = 1024;  // a block

}  // namespace

void exclusive_scan(const Queue &queue, int64_t *values, int64_t count, int64_t *total) {
  if (count == 0) {
    if (total != nullptr) queue.fill(total, 0, sizeof *total);
    return;
  }
  Device &device = queue.device();
  const Grid grid = cover(count, kItems);
  const Buffer<int64_t> totals(queue, grid.x);
  launch(queue, device.kernel("scan", "", "scan_blocks"), grid, kThreads, 0, values, count, totals.data());
  if (grid.x == 1) {
    if (total != nullptr) queue.copy(total, totals.data(), sizeof *total);
    return;
  }
  exclusive_scan(queue, totals.data(), grid.x, total);
  launch(queue, device.kernel("scan", "", "add_totals"), grid, kThreads, 0, values, count,
         static_cast<const int64_t *>(totals.data()));
}

}  // namespace spc::cuda
