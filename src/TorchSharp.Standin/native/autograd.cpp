// Backward passes, and graph nodes whose backward is managed code.
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>

#include "standin.h"

using namespace standin;
namespace autograd = torch::autograd;
using autograd::variable_list;

namespace {

// Gives gradients to the managed node and takes its answer: owned handles, `gradient_count` of them, one a tensor that
// the node was connected to. Nonzero: it failed, with a message left by standin_node_fail.
using Apply = int32_t (*)(void *context, at::Tensor *const *inputs, int32_t count, at::Tensor **gradients,
                          int32_t gradient_count);
using Release = void (*)(void *context);

class ManagedNode final : public autograd::Node {
 public:
  ManagedNode(void *context, Apply apply, Release release) : context_(context), apply_(apply), release_(release) {}
  ~ManagedNode() override { release_(context_); }

  variable_list apply(variable_list &&inputs) override {
    std::vector<at::Tensor *> handles;
    handles.reserve(inputs.size());
    for (auto &input : inputs) handles.push_back(to_handle(std::move(input)));
    std::vector<at::Tensor *> gradients(next_edges().size());
    const auto status = apply_(context_, handles.data(), static_cast<int32_t>(handles.size()), gradients.data(),
                               static_cast<int32_t>(gradients.size()));
    variable_list results;
    for (at::Tensor *gradient : gradients) {
      const std::unique_ptr<at::Tensor> owned(gradient);
      results.push_back(from_handle(gradient));
    }
    if (status != 0) throw std::runtime_error(message_);
    return results;
  }

  void fail(std::string message) { message_ = std::move(message); }

 private:
  void *context_;
  Apply apply_;
  Release release_;
  std::string message_;
};

// The managed side's hold on a node: strong until the outputs have it, weak afterwards.
struct NodeHandle {
  std::shared_ptr<ManagedNode> strong;
  std::weak_ptr<ManagedNode> weak;
};

std::unordered_set<at::TensorImpl *> implementations(const at::Tensor *const *handles, int64_t count) {
  std::unordered_set<at::TensorImpl *> result;
  for (int64_t i = 0; i < count; ++i) result.insert(handles[i]->unsafeGetTensorImpl());
  return result;
}

// _wrap_outputs has grown parameters over the versions of libtorch; this takes whichever form there is.
template <typename Inputs, typename Set, typename Outputs>
auto wrap(const Inputs &inputs, const Set &constant, const Set &dirty, const Outputs &outputs,
          const std::shared_ptr<autograd::Node> &node) {
  const auto jvp = [](const variable_list &, const variable_list &) -> variable_list {
    TORCH_CHECK(false, "forward-mode gradients of custom functions are not supported");
  };
  const auto view = [](const at::Tensor &tensor) { return tensor.view_as(tensor); };
  const Set none;
  if constexpr (requires { autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp); }) {
    return autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp);
  } else if constexpr (requires { autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp, none); }) {
    return autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp, none);
  } else if constexpr (requires { autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp, none, view); }) {
    return autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp, none, view);
  } else {
    return autograd::_wrap_outputs(inputs, constant, dirty, outputs, node, jvp, none, view, false);
  }
}

}  // namespace

STANDIN_API standin_backward(const at::Tensor *const *tensors, int64_t count, const at::Tensor *const *gradients,
                             int64_t gradient_count, int32_t retain_graph, int32_t create_graph,
                             const at::Tensor *const *inputs, int64_t input_count) {
  return guard([&] {
    autograd::backward(from_handles(tensors, count), from_handles(gradients, gradient_count), retain_graph != 0,
                       create_graph != 0, from_handles(inputs, input_count));
  });
}

// `results` has room for one handle an input.
STANDIN_API standin_grad(const at::Tensor *const *outputs, int64_t output_count, const at::Tensor *const *inputs,
                         int64_t input_count, const at::Tensor *const *gradients, int64_t gradient_count,
                         int32_t retain_graph, int32_t create_graph, int32_t allow_unused, at::Tensor **results) {
  return guard([&] {
    auto grads = autograd::grad(from_handles(outputs, output_count), from_handles(inputs, input_count),
                                from_handles(gradients, gradient_count), retain_graph != 0, create_graph != 0,
                                allow_unused != 0);
    for (size_t i = 0; i < grads.size(); ++i) results[i] = to_handle(std::move(grads[i]));
  });
}

STANDIN_API standin_node_new(void *context, Apply apply, Release release, NodeHandle **result) {
  return guard([&] {
    // deleteNode frees long chains without recursion.
    std::shared_ptr<ManagedNode> node(new ManagedNode(context, apply, release), autograd::deleteNode);
    *result = new NodeHandle{node, node};
  });
}

STANDIN_API standin_node_weaken(NodeHandle *node) {
  return guard([&] { node->strong.reset(); });
}

STANDIN_API standin_node_dispose(NodeHandle *node) {
  return guard([&] { delete node; });
}

// Leaves the message of a managed backward that failed.
STANDIN_API standin_node_fail(NodeHandle *node, const char *message) {
  return guard([&] {
    if (const auto alive = node->weak.lock()) alive->fail(message);
  });
}

STANDIN_API standin_node_connect(NodeHandle *node, const at::Tensor *const *inputs, int64_t count, int32_t executable) {
  return guard([&] {
    const auto tensors = from_handles(inputs, count);
    node->strong->set_next_edges(executable != 0 ? autograd::collect_next_edges(tensors) : autograd::edge_list());
    node->strong->clear_input_metadata();
  });
}

// Attaches `outputs` to the graph; `results` has room for one handle an output.
STANDIN_API standin_node_wrap(NodeHandle *node, const at::Tensor *const *inputs, int64_t input_count,
                              const at::Tensor *const *constant, int64_t constant_count, const at::Tensor *const *dirty,
                              int64_t dirty_count, const at::Tensor *const *outputs, int64_t output_count,
                              int32_t executable, at::Tensor **results) {
  return guard([&] {
    const auto changed = implementations(dirty, dirty_count);
    for (auto *tensor : changed) tensor->bump_version();
    auto raw_outputs = from_handles(outputs, output_count);
    const auto raw = autograd::to_optional(raw_outputs);
    const std::shared_ptr<autograd::Node> owner = executable != 0 ? node->strong : nullptr;
    auto wrapped =
        wrap(from_handles(inputs, input_count), implementations(constant, constant_count), changed, raw, owner);
    for (size_t i = 0; i < wrapped.size(); ++i) {
      results[i] = wrapped[i].has_value() ? to_handle(std::move(*wrapped[i])) : nullptr;
    }
  });
}

STANDIN_API standin_saved_new(const at::Tensor *tensor, const NodeHandle *node, autograd::SavedVariable **result) {
  return guard([&] {
    const bool is_output = node->weak.lock().get() == tensor->grad_fn().get();
    *result = new autograd::SavedVariable(*tensor, is_output, false);
  });
}

STANDIN_API standin_saved_unpack(const autograd::SavedVariable *saved, const NodeHandle *node, at::Tensor **result) {
  return guard([&] { *result = to_handle(saved->unpack(node->weak.lock())); });
}

STANDIN_API standin_saved_dispose(autograd::SavedVariable *saved) {
  return guard([&] { delete saved; });
}
