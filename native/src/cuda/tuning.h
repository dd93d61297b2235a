// Which of several kernels that give the same bits is the quickest here: measured when a shape is met first, and
// remembered in this process and beside the compiled code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cuda/runtime.h"

namespace spc::cuda {

// Multiply-adds from which on measuring pays. SPARSECONV_TUNE=off leaves all choices to rules that measure nothing, and
// SPARSECONV_TUNE=all measures the smallest shapes, too.
int64_t least_tuned_work();

// A number for shapes that are alike: 17 for 2^17 up to 2^18.
int log2_of(int64_t number);

// The number of the candidate that ran in the least time; that of the rule where none is quicker. `shape` says what is
// asked, names what the candidates are, and run(i) queues the i-th, whose result may be overwritten. The host waits
// for what it measures.
std::size_t quickest(const Queue &queue, const std::string &shape, const std::vector<std::string> &names,
                     std::size_t by_rule, const std::function<void(std::size_t)> &run);

}  // namespace spc::cuda
