#include "cuda/norm.h"

#include <algorithm>
#include <string>

#include "cuda/channels.h"
#include "matrix.h"

namespace spc::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kColumnsOfBlock = 32, kColumnsOfWarps = kThreads / 32;
constexpr int64_t kSegmentRows = 256, kMostSegments = 128;
constexpr int32_t kAll = 0, kByInput = 1, kByOutput = 2;  // as in norm.cu

struct Segments {
  int64_t rows, count;
};

Segments segments_of(int64_t rows) {
  const int64_t wanted = std::clamp<int64_t>((rows + kSegmentRows - 1) / kSegmentRows, 1, kMostSegments);
  const int64_t each = std::max<int64_t>((rows + wanted - 1) / wanted, 1);
  return {each, (rows + each - 1) / each};
}

const void *memory_of(const spc_matrix *matrix) {
  return matrix != nullptr ? matrix->data : nullptr;
}
void *written(const spc_matrix *matrix) {
  return matrix != nullptr ? matrix->data : nullptr;
}

// The CUDA kernels for one matrix.
class Norm {
 public:
  Norm(const Queue &queue, const spc_matrix &input)
      : queue_(queue), input_(input), element_(element_of(input.element_type)) {}

  void check_rows(const char *name, const spc_matrix *matrix) const {
    if (matrix == nullptr) return;
    check_matrix(name, *matrix, input_.rows, input_.columns, input_.element_type, queue_.device().number());
  }
  void check_vector(const char *name, const spc_matrix *matrix) const {
    if (matrix == nullptr) return;
    const int32_t type = input_.element_type == SPC_FLOAT64 ? SPC_FLOAT64 : SPC_FLOAT32;
    check_matrix(name, *matrix, 1, input_.columns, type, queue_.device().number());
  }
  void check_terms(const NormTerms &terms) const {
    check_rows("input", &input_);
    check_vector("mean", &terms.mean);
    check_vector("variance", &terms.variance);
    check_vector("weight", terms.weight);
    check_vector("bias", terms.bias);
  }

  // Memory for one number of each column, in the type of the columns.
  Buffer<char> vector(int64_t count = 1) const {
    return {queue_, count * input_.columns * (element_.bytes == 8 ? 8 : 4)};
  }

  template <class... Arguments>
  void run(const char *name, Grid grid, Arguments... arguments) const {
    launch(queue_, queue_.device().kernel("norm", element_.macros, name), grid, kThreads, 0, arguments...);
  }

  Grid by_segment(Segments segments) const {
    return {(input_.columns + kColumnsOfBlock - 1) / kColumnsOfBlock, segments.count};
  }
  Grid by_row(RowThreads row_threads) const { return cover(input_.rows * row_threads.count, kThreads); }
  RowThreads row_threads(std::initializer_list<const void *> arrays) const {
    return row_threads_of(element_, input_.columns, arrays);
  }

 private:
  const Queue &queue_;
  const spc_matrix &input_;
  Element element_;
};

// The scale and the shift of each column.
struct Columns {
  Buffer<char> scale, shift;

  Columns(const Norm &norm, const NormTerms &terms) : scale(norm.vector()), shift(norm.vector()) {
    norm.run("norm_columns", cover(terms.mean.columns, kThreads), terms.mean.columns, memory_of(&terms.variance),
             terms.epsilon, memory_of(terms.weight), memory_of(terms.bias), scale.data(), shift.data());
  }
};

void check_activation(int32_t activation) {
  if (activation == SPC_IDENTITY || activation == SPC_RELU) return;
  fail_argument("activation is " + std::to_string(activation) + ", must be SPC_IDENTITY or SPC_RELU");
}

}  // namespace

void norm_statistics(const Queue &queue, const spc_matrix &input, const spc_matrix &mean, const spc_matrix &variance) {
  const Norm norm(queue, input);
  norm.check_rows("input", &input);
  norm.check_vector("mean", &mean);
  norm.check_vector("variance", &variance);
  if (input.rows == 0) fail_argument("input.rows is 0, must be 1 or more");
  const Segments segments = segments_of(input.rows);
  const Buffer<char> from = norm.vector(segments.count);
  const Buffer<double> sums(queue, 2 * segments.count * input.columns);
  norm.run("norm_moments", norm.by_segment(segments), memory_of(&input), input.rows, input.columns, segments.rows,
           from.data(), sums.data());
  norm.run("norm_statistics", cover(input.columns, kColumnsOfWarps), input.rows, input.columns, segments.rows,
           segments.count, from.data(), sums.data(), mean.data, variance.data);
}

void norm_forward(const Queue &queue, const spc_matrix &input, const NormTerms &terms, const spc_matrix *residual,
                  int32_t activation, const spc_matrix &output) {
  check_activation(activation);
  const Norm norm(queue, input);
  norm.check_terms(terms);
  norm.check_rows("residual", residual);
  norm.check_rows("output", &output);
  const Columns columns(norm, terms);
  const RowThreads row_threads = norm.row_threads({input.data, memory_of(residual), output.data});
  const int32_t rectify = activation == SPC_RELU ? 1 : 0;
  norm.run("norm_apply", norm.by_row(row_threads), memory_of(&input), input.rows, input.columns, row_threads.count,
           row_threads.width, memory_of(&terms.mean), columns.scale.data(), columns.shift.data(), memory_of(residual),
           rectify, output.data);
}

void norm_backward(const Queue &queue, const spc_matrix &input, const NormTerms &terms, int32_t statistics,
                   int32_t activation, const spc_matrix *output, const spc_matrix &grad_output,
                   const NormGradients &gradients) {
  check_activation(activation);
  const Norm norm(queue, input);
  norm.check_terms(terms);
  norm.check_rows("output", output);
  norm.check_rows("grad_output", &grad_output);
  norm.check_rows("grad_input", gradients.input);
  norm.check_vector("grad_weight", gradients.weight);
  norm.check_vector("grad_bias", gradients.bias);
  norm.check_rows("grad_residual", gradients.residual);
  const Columns columns(norm, terms);
  const Segments segments = segments_of(input.rows);
  const Buffer<double> sums(queue, 2 * segments.count * input.columns);
  const Buffer<char> offset = norm.vector(), slope = norm.vector();
  const int32_t mask = activation == SPC_IDENTITY ? kAll : output != nullptr ? kByOutput : kByInput;
  norm.run("norm_gradient_sums", norm.by_segment(segments), memory_of(&input), memory_of(output),
           memory_of(&grad_output), mask, input.rows, input.columns, segments.rows, memory_of(&terms.mean),
           columns.scale.data(), columns.shift.data(), written(gradients.residual), sums.data());
  norm.run("norm_gradient_columns", cover(input.columns, kColumnsOfWarps), input.rows, input.columns, segments.count,
           sums.data(), memory_of(&terms.variance), terms.epsilon, statistics, written(gradients.weight),
           written(gradients.bias), offset.data(), slope.data());
  if (gradients.input == nullptr) return;
  // grad_residual already holds the gradients that ReLU lets through.
  const bool kept = gradients.residual != nullptr;
  const void *const gradient = kept ? gradients.residual->data : grad_output.data;
  const RowThreads row_threads = norm.row_threads({input.data, memory_of(output), gradient, gradients.input->data});
  norm.run("norm_gradient", norm.by_row(row_threads), memory_of(&input), memory_of(output), gradient,
           kept ? kAll : mask, input.rows, input.columns, row_threads.count, row_threads.width, memory_of(&terms.mean),
           columns.scale.data(), columns.shift.data(), offset.data(), slope.data(), gradients.input->data);
}

}  // namespace spc::cuda
