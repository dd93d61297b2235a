#include "cuda/interpolation.h"

#include <string>

#include "cuda/channels.h"
#include "cuda/walks.cuh"
#include "matrix.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;

BothSides sides_of(const Links &links) {
  return {links.by_point(), links.by_row()};
}

// Goes over the links of the side that is written.
class Pass {
 public:
  Pass(const Queue &queue, const LinkSide &to, const spc_matrix &input, const int32_t *saved, const spc_matrix &output)
      : queue_(queue), element_(element_of(output.element_type)), input_(input.data), output_(output.data) {
    const RowThreads row_threads = row_threads_of(element_, output.columns, {input.data, saved, output.data});
    walk_ = {to.items, to.starts, to.others, to.weights, output.columns, row_threads.count, row_threads.width};
  }

  void sum(const double *scales, int32_t mean) const { run("link_sum", scales, mean, input_, output_); }
  void maximum(int32_t *saved) const { run("link_maximum", input_, saved, output_); }
  void maximum_gradient(const int32_t *saved) const { run("link_maximum_gradient", input_, saved, output_); }

 private:
  template <class... Arguments>
  void run(const char *name, Arguments... arguments) const {
    launch(queue_, queue_.device().kernel("interpolation", element_.macros, name),
           cover(walk_.items * walk_.row_threads, kThreads), kThreads, 0, walk_, arguments...);
  }

  const Queue &queue_;
  Element element_;
  LinkWalk walk_;
  const void *input_;
  void *output_;
};

void check_pair(const Queue &queue, const BothSides &links, const char *row_name, const spc_matrix &of_rows,
                const char *point_name, const spc_matrix &of_points) {
  const int32_t device = queue.device().number();
  check_channels((std::string(row_name) + ".columns").c_str(), of_rows.columns);
  check_matrix(row_name, of_rows, links.by_row.items, of_rows.columns, of_rows.element_type, device);
  check_matrix(point_name, of_points, links.by_point.items, of_rows.columns, of_rows.element_type, device);
}

}  // namespace

void interpolation_forward(const Queue &queue, const BothSides &links, const spc_matrix &input,
                           const spc_matrix &output) {
  check_element_type(input.element_type);
  check_pair(queue, links, "input", input, "output", output);
  Pass(queue, links.by_point, input, nullptr, output).sum(nullptr, 0);
}

void interpolation_backward(const Queue &queue, const BothSides &links, const spc_matrix &grad_output,
                            const spc_matrix &grad_input) {
  check_element_type(grad_input.element_type);
  check_pair(queue, links, "grad_input", grad_input, "grad_output", grad_output);
  Pass(queue, links.by_row, grad_output, nullptr, grad_input).sum(nullptr, 0);
}

void splat_forward(const Queue &queue, const BothSides &links, int32_t kind, const spc_matrix &input, int32_t *saved,
                   const spc_matrix &output) {
  check_splat_kind(kind);
  check_element_type(output.element_type);
  check_pair(queue, links, "output", output, "input", input);
  const Pass pass(queue, links.by_row, input, saved, output);
  if (kind == SPC_SPLAT_MAX) return pass.maximum(saved);
  pass.sum(nullptr, kind == SPC_SPLAT_MEAN ? 1 : 0);
}

void splat_backward(const Queue &queue, const BothSides &links, int32_t kind, const spc_matrix &grad_output,
                    const int32_t *saved, const spc_matrix &grad_input) {
  check_splat_kind(kind);
  check_saved(kind == SPC_SPLAT_MAX, saved, grad_output);
  check_element_type(grad_output.element_type);
  check_pair(queue, links, "grad_output", grad_output, "grad_input", grad_input);
  const Pass pass(queue, links.by_point, grad_output, saved, grad_input);
  if (kind == SPC_SPLAT_MAX) return pass.maximum_gradient(saved);
  if (kind == SPC_SPLAT_SUM) return pass.sum(nullptr, 0);
  const auto &[items, starts, others, weights] = links.by_row;
  const Buffer<double> scales(queue, items);
  launch(queue, queue.device().kernel("interpolation", element_of(grad_output.element_type).macros, "invert_totals"),
         cover(items, kThreads), kThreads, 0, items, starts, weights, scales.data());
  pass.sum(scales.data(), 0);
}

void interpolation_forward(const Queue &queue, const Links &links, const spc_matrix &input, const spc_matrix &output) {
  interpolation_forward(queue, sides_of(links), input, output);
}

void interpolation_backward(const Queue &queue, const Links &links, const spc_matrix &grad_output,
                            const spc_matrix &grad_input) {
  interpolation_backward(queue, sides_of(links), grad_output, grad_input);
}

void splat_forward(const Queue &queue, const Links &links, int32_t kind, const spc_matrix &input, int32_t *saved,
                   const spc_matrix &output) {
  splat_forward(queue, sides_of(links), kind, input, saved, output);
}

void splat_backward(const Queue &queue, const Links &links, int32_t kind, const spc_matrix &grad_output,
                    const int32_t *saved, const spc_matrix &grad_input) {
  splat_backward(queue, sides_of(links), kind, grad_output, saved, grad_input);
}

}  // namespace spc::cuda
