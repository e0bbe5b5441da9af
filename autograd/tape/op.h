#pragma once

#include <array>
#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/autograd/tape/node.h>

/// What an operation needs to be on the tape. An op is a value struct: attributes are members, `forward` and `backward`
/// stand side by side, and tensors reach `backward` only through the context (docs/adding-an-op.md).
namespace reel {

/// What `forward` and `backward` of an op see of their node.
class Context {
 public:
  /// The context of a node; null where nothing is recorded. `wanted` is `Node::backward`'s.
  explicit Context(Node* node, const bool* wanted = nullptr) : node_(node), wanted_(wanted) {}

  /// In forward: keeps `t`, an input or an output, for backward, and returns it. Does nothing when not recording.
  /// Anything else (an intermediate) counts as a constant in double backward.
  const Tensor& save(const Tensor& t) {
    if (node_) node_->saved_tensors.emplace_back(t);
    return t;
  }
  /// In backward: the tensor of the i-th `save`.
  Tensor saved(std::size_t i) const { return node_->saved(i); }
  /// Whether the gradient of input i will be used: the input requires one and, in the backward of a `grad`, leads to
  /// one of its inputs. False in forward when nothing is recorded.
  bool needs_grad(std::size_t i) const {
    return node_ && (wanted_ ? wanted_[i] : static_cast<bool>(node_->edges[i].node));
  }
  /// The i-th output's shape, dtype and device.
  const TensorMeta& output(std::size_t i = 0) const { return node_->outputs[i]; }

 private:
  Node* node_;
  const bool* wanted_;
};

/// The gradients of an op's N inputs, in order; undefined means zero.
template <std::size_t N> using Grads = std::array<Tensor, N>;

template <class Op>
concept OneGradient = requires(const Op op, const Context& ctx, const Tensor& grad) {
  op.backward(ctx, grad);
};
template <class Op>
concept ManyGradients = requires(const Op op, const Context& ctx, std::span<const Tensor> grads) {
  op.backward(ctx, grads);
};

/// An op has a name and a backward: forgetting either does not compile. `backward` takes the gradient of the one
/// output, or a span with those of all outputs (undefined where none arrived), and returns Grads<N> or a vector.
template <class Op>
concept DifferentiableOp = requires {
  { Op::name } -> std::convertible_to<std::string_view>;
}
&&(OneGradient<Op> || ManyGradients<Op>);

/// The names of the ops that can be recorded. An op is in it because `apply` was compiled for it: there is no list to
/// forget.
std::vector<std::string_view>& op_registry();

/// Puts the op's name into `op_registry()` when the program starts.
template <class Op> struct OpRegistration {
  OpRegistration() { op_registry().push_back(Op::name); }
};
/// Naming this object makes the compiler emit it.
template <class Op> inline const OpRegistration<Op> op_registration;

/// The node of an op: the op itself, by value.
template <DifferentiableOp Op> class NodeOf final : public Node {
 public:
  /// The youngest node so far.
  explicit NodeOf(const Op& op) : Node(next_sequence_nr()), op_(op) {}

  std::string_view name() const override { return Op::name; }
  void backward(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, const bool* wanted) override {
    const Context ctx(this, wanted);
    const AutocastGuard guard(autocast_);
    auto grads = [&] {
      if constexpr (OneGradient<Op>) return op_.backward(ctx, grad_outputs[0]);
      else return op_.backward(ctx, grad_outputs);
    }();
    if (grads.size() != grad_inputs.size()) fail_count(grads.size(), grad_inputs.size());
    for (std::size_t i = 0; i < grads.size(); ++i) grad_inputs[i] = std::move(grads[i]);
  }

  /// The op with its attributes.
  const Op& op() const { return op_; }

 private:
  [[noreturn]] static void fail_count(std::size_t got, std::size_t expected) {
    throw AutogradError(std::string(Op::name) + ": backward returned " + std::to_string(got) + " gradients for " +
                        std::to_string(expected) + " inputs");
  }

  Op op_;
  DType autocast_ = Autocast::dtype();  // backward rounds as forward did
};

namespace detail {

/// For a forward that returned one of its inputs.
[[noreturn]] void fail_aliased(std::string_view op);

template <class Output> std::span<const Tensor> as_span(const Output& output) {
  if constexpr (std::is_same_v<Output, Tensor>) return {&output, 1};
  else return {output.data(), output.size()};
}

template <DifferentiableOp Op, class Forward>
auto record(const Op& op, std::span<const Tensor* const> inputs, Forward&& forward) {
  IntrusivePtr<NodeOf<Op>> node(new NodeOf<Op>(op));
  for (const Tensor* input : inputs) node->edges.emplace_back(gradient_edge(*input));
  Context ctx(node.get());
  auto output = [&] {
    const NoGradGuard guard;
    return forward(node->op(), ctx);
  }();
  const std::span<const Tensor> outputs = as_span(output);
  for (const Tensor& t : outputs) {
    for (const Tensor* input : inputs) {
      if (t.defined() && t.is_same(*input)) fail_aliased(Op::name);
    }
  }
  for (SavedTensor& saved : node->saved_tensors) {
    for (std::size_t nr = 0; nr < outputs.size(); ++nr) {
      saved.mark_if_output(outputs[nr], static_cast<std::int32_t>(nr));
    }
    saved.seal();
  }
  set_history(outputs, std::move(node));
  return output;
}

}  // namespace detail

/// Runs `op.forward(ctx, inputs...)` and records it if any input requires grad. The forward returns a new tensor (or an
/// array or vector of them; undefined where there is nothing), never one of its inputs.
template <DifferentiableOp Op, std::same_as<Tensor>... Inputs> auto apply(const Op& op, const Inputs&... inputs) {
  (void)&op_registration<Op>;
  if (!GradMode::enabled() || !(inputs.requires_grad() || ...)) {
    Context ctx(nullptr);
    return op.forward(ctx, inputs...);
  }
  const std::array<const Tensor*, sizeof...(Inputs)> pointers{&inputs...};
  return detail::record(op, pointers, [&](const Op& self, Context& ctx) { return self.forward(ctx, inputs...); });
}

/// The same for ops that take any number of inputs: `op.forward(ctx, inputs)`.
template <DifferentiableOp Op> auto apply(Op op, std::span<const Tensor> inputs) {
  (void)&op_registration<Op>;
  bool recording = false;
  if (GradMode::enabled()) {
    for (const Tensor& t : inputs) recording = recording || t.requires_grad();
  }
  if (!recording) {
    Context ctx(nullptr);
    return op.forward(ctx, inputs);
  }
  std::vector<const Tensor*> pointers;
  for (const Tensor& t : inputs) pointers.push_back(&t);
  return detail::record(op, pointers, [&](const Op& self, Context& ctx) { return self.forward(ctx, inputs); });
}

}  // namespace reel
