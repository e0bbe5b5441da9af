// The backward pass: runs the nodes of a graph, youngest first.

#include <reel/autograd/engine.h>

#include <algorithm>
#include <new>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include <reel/autograd/accumulate_grad.h>
#include <reel/autograd/anomaly.h>
#include <reel/autograd/graph_part.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/options.h>
#include <reel/tensor/core/check.h>

namespace reel {
namespace {

using GradBuffer = SmallVector<Tensor, 2>;

/// A node that gradients have reached and that has not run yet.
struct Pending {
  IntrusivePtr<Node> node;
  GradBuffer grads;  // one for each output; undefined until the first arrives
};

/// The nodes on a path from the outputs to the inputs of `grad`.
std::unordered_set<const Node*> nodes_towards(const std::vector<Edge>& roots, const std::vector<Edge>& targets) {
  std::unordered_set<const Node*> seen, needed;
  std::vector<Node*> order, stack;
  for (const Edge& target : targets) needed.insert(target.node.get());
  for (const Edge& root : roots) {
    if (seen.insert(root.node.get()).second) stack.push_back(root.node.get());
  }
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    order.push_back(node);
    for (const Edge& edge : node->edges) {
      if (edge.node && seen.insert(edge.node.get()).second) stack.push_back(edge.node.get());
    }
  }
  std::sort(order.begin(), order.end(), [](Node* a, Node* b) { return a->sequence_nr() < b->sequence_nr(); });
  for (const Node* node : order) {  // oldest first: what a node leads to is decided before the node itself
    const bool leads = std::any_of(node->edges.begin(), node->edges.end(),
                                   [&](const Edge& edge) { return edge.node && needed.contains(edge.node.get()); });
    if (leads) needed.insert(node);
  }
  return needed;
}

/// One backward pass: takes the youngest pending node, runs it, hands its gradients on.
class Run {
 public:
  Run(bool create_graph, bool keep_graph) : create_graph_(create_graph), keep_graph_(keep_graph) {}

  /// Restricts the pass to `grad`'s inputs and collects their gradients.
  void capture(const std::vector<Edge>& roots, const std::vector<Edge>& targets) {
    capturing_ = true;
    targets_ = &targets;
    captured_.resize(targets.size());
    needed_ = nodes_towards(roots, targets);
  }

  void send(const Edge& edge, Tensor grad, std::string_view from) {
    Node* node = edge.node.get();
    if (capturing_ && !needed_.contains(node)) return;
    const TensorMeta& expected = node->outputs[edge.nr];
    if (node->is_accumulator() && static_cast<AccumulateGrad*>(node)->has_moved()) {
      grad = grad.to(expected.device, expected.dtype);
    }
    validate(expected, grad, from);
    auto [it, inserted] = pending_.try_emplace(node);
    if (inserted) {
      it->second.node = edge.node;
      it->second.grads.resize(node->outputs.size());
      if (node->is_accumulator()) accumulators_.push_back(node);
      else ready_.push(node);
    }
    add_to(it->second.grads[edge.nr], std::move(grad));
  }

  void run() {
    run_from(0);
    finish_leaves();
  }

  Tensors captured() { return std::move(captured_); }

  /// Runs the nodes younger than `first` alone.
  void run_part(std::uint64_t first) {
    run_from(first + 1);
    add_to_grads(arrived_);  // of tensors within that retain theirs
  }
  /// What has arrived at an edge whose node has not run; undefined if nothing has.
  Tensor arrived_at(const Edge& edge) {
    const auto it = pending_.find(edge.node.get());
    return it == pending_.end() ? Tensor() : std::move(it->second.grads[edge.nr]);
  }

 private:
  /// Runs the nodes whose numbers are at least `oldest`, the youngest first. Leaves have the number 0.
  void run_from(std::uint64_t oldest) {
    while (!ready_.empty() && ready_.top()->sequence_nr() >= oldest) {
      Node* node = ready_.top();
      ready_.pop();
      Pending pending = take(node);
      run_hooks(*node, pending.grads);
      collect(*node, pending.grads);
      if (!capturing_) execute(*node, pending.grads, nullptr);
      else execute_wanted(*node, pending.grads);
    }
  }

  Pending take(Node* node) {
    const auto it = pending_.find(node);
    Pending pending = std::move(it->second);
    pending_.erase(it);
    return pending;
  }

  void add_to(Tensor& sum, Tensor grad) {
    if (!sum.defined()) {
      sum = std::move(grad);
    } else if (!create_graph_ && can_add_to(sum)) {
      sum.add_(grad);
    } else {
      sum = add_gradients(sum, grad);
    }
  }

  static void validate(const TensorMeta& expected, const Tensor& grad, std::string_view from) {
    check<AutogradError>(grad.shape() == expected.shape, "{}: expected a gradient of shape {}, got {}", from,
                         expected.shape, grad.shape());
    check<AutogradError>(grad.dtype() == expected.dtype, "{}: expected a gradient of dtype {}, got {}", from,
                         expected.dtype, grad.dtype());
    check<AutogradError>(grad.device() == expected.device, "{}: expected a gradient on {}, got one on {}", from,
                         expected.device, grad.device());
  }

  void run_hooks(Node& node, GradBuffer& grads) {
    const HookList<GradHook>* hooks = node.hooks();
    if (!hooks) return;
    hooks->for_each([&](const GradHook& hook) {
      if (Tensor& grad = grads[hook.output_nr]; hook.call && grad.defined()) run_hook(hook, grad, node);
    });
    if (capturing_) return;
    hooks->for_each([&](const GradHook& hook) {
      const Tensor& grad = grads[hook.output_nr];
      if (hook.call || !grad.defined()) return;
      // Off the tape: a gradient that carried the graph would keep alive the very tensor that keeps it.
      if (auto slot = hook.slot.lock()) arrived_.emplace_back(std::move(slot), grad.detach());
    });
  }

  static void run_hook(const GradHook& hook, Tensor& grad, const Node& node) {
    const IntrusivePtr<Storage> storage = grad.impl()->storage;
    const std::uint32_t version = storage->version();
    Tensor replaced = hook.call(grad);
    // Others may share the memory: another leaf's gradient, the caller's, a saved tensor.
    check<AutogradError>(grad.impl()->storage == storage && storage->version() == version,
                         "hook: expected a hook to leave its argument as it is, got a gradient of shape {} that was "
                         "changed in place; return a new tensor instead",
                         grad.shape());
    if (!replaced.defined()) return;
    validate(node.outputs[hook.output_nr], replaced, "hook");
    grad = std::move(replaced);
  }

  void collect(const Node& node, const GradBuffer& grads) {
    if (!capturing_) return;
    for (std::size_t i = 0; i < targets_->size(); ++i) {
      const Edge& target = (*targets_)[i];
      if (target.node.get() == &node) captured_[i] = grads[target.nr];
    }
  }

  /// Asks the node only for the gradients that lead to an input of `grad`.
  void execute_wanted(Node& node, GradBuffer& grads) {
    SmallVector<bool, 4> wanted;
    for (const Edge& edge : node.edges) wanted.push_back(edge.node && needed_.contains(edge.node.get()));
    if (std::find(wanted.begin(), wanted.end(), true) != wanted.end()) execute(node, grads, wanted.begin());
  }

  void execute(Node& node, GradBuffer& grads, const bool* wanted) {
    SmallVector<Tensor, 4> grad_inputs;
    grad_inputs.resize(node.edges.size());
    {
      SavedUse saved(node, !keep_graph_);
      run_backward(node, grads, grad_inputs, wanted);
      saved.finish();
    }
    grads.reset();  // a gradient that is passed on unchanged can now be added to in place
    for (std::size_t i = 0; i < grad_inputs.size(); ++i) {
      if (node.edges[i].node && grad_inputs[i].defined()) send(node.edges[i], std::move(grad_inputs[i]), node.name());
    }
  }

  /// Leaves come last.
  void finish_leaves() {
    for (Node* node : accumulators_) {
      Pending pending = take(node);
      run_hooks(*node, pending.grads);
      collect(*node, pending.grads);
      if (capturing_) continue;
      if (auto slot = static_cast<AccumulateGrad*>(node)->slot()) {
        arrived_.emplace_back(std::move(slot), std::move(pending.grads[0]));
      }
    }
    add_to_grads(arrived_);
  }

  struct Older {
    bool operator()(const Node* a, const Node* b) const { return a->sequence_nr() < b->sequence_nr(); }
  };

  bool create_graph_;
  bool keep_graph_;
  bool capturing_ = false;
  std::unordered_map<Node*, Pending> pending_;
  std::priority_queue<Node*, std::vector<Node*>, Older> ready_;
  std::vector<Node*> accumulators_;  // in the order of their first gradient
  std::vector<GradUpdate> arrived_;  // what will go into a `.grad`
  std::unordered_set<const Node*> needed_;
  const std::vector<Edge>* targets_ = nullptr;
  Tensors captured_;
};

Tensor seed_for(std::string_view op, const Tensor& output, const Tensor& given) {
  check<ValueError>(output.defined(), "{}: expected an output to be a tensor, got an undefined one", op);
  check<AutogradError>(
      output.requires_grad(),
      "{}: expected an output that requires grad, got one of shape {} that does not; was it made under "
      "NoGradGuard, detached, or of tensors that do not require grad?",
      op, output.shape());
  if (given.defined()) return given;
  check<AutogradError>(output.numel() == 1,
                       "{}: expected an output of one element, got shape {}; sum() it first, or pass its gradient", op,
                       output.shape());
  return ones_like(output);
}

std::vector<Edge> start(std::string_view op, const Tensors& outputs, const Tensors& grad_outputs, Tensors& seeds) {
  check<ValueError>(!outputs.empty(), "{}: expected at least one output, got none", op);
  check<ValueError>(grad_outputs.empty() || grad_outputs.size() == outputs.size(),
                    "{}: expected a gradient for each of {} outputs, got {}", op, outputs.size(), grad_outputs.size());
  std::vector<Edge> roots;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    seeds.push_back(seed_for(op, outputs[i], grad_outputs.empty() ? Tensor() : grad_outputs[i]));
    roots.push_back(gradient_edge(outputs[i]));
  }
  return roots;
}

}  // namespace

void backward(const Tensors& outputs, const Tensors& grad_outputs, BackwardOptions options) {
  const GradModeGuard mode(options.create_graph);
  Tensors seeds;
  const std::vector<Edge> roots = start("backward", outputs, grad_outputs, seeds);
  Run run(options.create_graph, options.create_graph || options.retain_graph);
  for (std::size_t i = 0; i < roots.size(); ++i) run.send(roots[i], std::move(seeds[i]), "backward");
  run.run();
}

Tensors grad(const Tensors& outputs, const Tensors& inputs, const GradOptions& options) {
  const GradModeGuard mode(options.create_graph);
  Tensors seeds;
  const std::vector<Edge> roots = start("grad", outputs, options.grad_outputs, seeds);
  std::vector<Edge> targets;
  for (const Tensor& input : inputs) {
    check<ValueError>(input.defined(), "grad: expected an input to be a tensor, got an undefined one");
    check<AutogradError>(input.requires_grad(),
                         "grad: expected inputs that require grad, got one of shape {} that does not", input.shape());
    targets.push_back(gradient_edge(input));
  }
  Run run(options.create_graph, options.create_graph || options.retain_graph);
  run.capture(roots, targets);
  for (std::size_t i = 0; i < roots.size(); ++i) run.send(roots[i], std::move(seeds[i]), "grad");
  run.run();
  Tensors grads = run.captured();
  for (std::size_t i = 0; i < grads.size(); ++i) {
    check<AutogradError>(options.allow_unused || grads[i].defined(),
                         "grad: expected outputs that depend on every input, got input {} of shape {} unused; "
                         "allow_unused makes its gradient undefined instead",
                         i, inputs[i].shape());
    if (!grads[i].defined()) continue;
    if (!options.create_graph && grads[i].requires_grad()) grads[i] = grads[i].detach();  // the caller's own
    grads[i] = with_own_memory(std::move(grads[i]));
  }
  return grads;
}

std::vector<Edge> detail::edges_out_of_part(const Tensors& outputs, std::uint64_t first) {
  struct Hash {
    std::size_t operator()(const std::pair<const Node*, std::uint32_t>& edge) const {
      return std::hash<const Node*>()(edge.first) + edge.second;
    }
  };
  std::vector<Edge> out;
  std::vector<Node*> stack;
  std::unordered_set<const Node*> seen;
  std::unordered_set<std::pair<const Node*, std::uint32_t>, Hash> known;
  const auto follow = [&](Edge edge) {
    Node* node = edge.node.get();
    if (!node) return;
    if (node->sequence_nr() > first) {
      if (seen.insert(node).second) stack.push_back(node);
    } else if (known.emplace(node, edge.nr).second) {
      out.push_back(std::move(edge));
    }
  };
  for (const Tensor& output : outputs) {
    if (output.defined()) follow(gradient_edge(output));
  }
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    for (const Edge& edge : node->edges) follow(edge);
  }
  return out;
}

Tensors detail::grad_of_part(const Tensors& outputs, Tensors grad_outputs, const std::vector<Edge>& edges,
                             std::uint64_t first, bool create_graph) {
  Run run(create_graph, create_graph);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    run.send(gradient_edge(outputs[i]), std::move(grad_outputs[i]), "checkpoint");
  }
  run.run_part(first);
  Tensors grads;
  for (const Edge& edge : edges) grads.push_back(run.arrived_at(edge));
  return grads;
}

void zero_grad(const Tensors& leaves, bool set_to_none) {
  const NoGradGuard guard;
  for (const Tensor& leaf : leaves) {
    check<ValueError>(leaf.defined(), "zero_grad: expected leaves to be tensors, got an undefined one");
  }
  const auto slot_of = [&](std::size_t i) -> GradSlot* {
    const AutogradMeta* meta = autograd_meta(leaves[i]);
    return meta ? meta->slot.get() : nullptr;
  };
  Tensors other;  // what takes the place of a gradient, then the former ones: freed outside the lock
  try {
    other.resize(leaves.size());
  } catch (const std::bad_alloc&) {
    if (!set_to_none) throw;
    for (const Tensor& leaf : leaves) leaf.set_grad({});  // one by one it takes no memory, and so cannot fail
    return;
  }
  GradLock lock;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (const GradSlot* slot = slot_of(i)) lock.add(*slot);
  }
  lock.lock();
  for (std::size_t i = 0; i < leaves.size() && !set_to_none; ++i) {  // whatever can fail
    const GradSlot* slot = slot_of(i);
    if (!slot || !slot->grad.defined()) continue;
    if (!is_dense(slot->grad.shape(), slot->grad.strides())) other[i] = zeros_like(slot->grad);
    else if (slot->grad.requires_grad())
      other[i] = slot->grad.detach();  // `backward(create_graph)` left it on the tape
  }
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    GradSlot* slot = slot_of(i);
    if (!slot) continue;
    if (set_to_none || other[i].defined()) std::swap(slot->grad, other[i]);
    if (!set_to_none && slot->grad.defined()) slot->grad.zero_();
  }
}

}  // namespace reel
