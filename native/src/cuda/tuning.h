// Chooses the fastest of several CUDA kernels that compute the same bits. A shape is measured when it is first met, and
// the result is kept in this process and beside the compiled code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cuda/runtime.h"

namespace spc::cuda {

// The number of multiply-adds from which on measuring pays. SPARSECONV_TUNE=off never measures and leaves all choices
// to rules; SPARSECONV_TUNE=all measures the smallest shapes, too.
int64_t least_tuned_work();

// A number for shapes that are alike: 17 for 2^17 up to 2^18.
int log2_of(int64_t number);

// The number of the fastest candidate, or that of the rule where none is faster. `shape` identifies the problem,
// `names` the candidates, and run(i) queues candidate i, whose result may be overwritten. The host waits for what it
// measures.
std::size_t quickest(const Queue &queue, const std::string &shape, const std::vector<std::string> &names,
                     std::size_t by_rule, const std::function<void(std::size_t)> &run);

}  // namespace spc::cuda
