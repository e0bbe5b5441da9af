#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <reel/autograd/tape/hook_list.h>
#include <reel/autograd/tape/saved_tensor.h>
#include <reel/tensor/core/intrusive.h>
#include <reel/tensor/core/small_vector.h>
#include <reel/tensor/tensor.h>

namespace reel {

class Node;

/// "Output number `nr` of `node`": where a gradient flows to.
struct Edge {
  IntrusivePtr<Node> node;  ///< null: no gradient is wanted
  std::uint32_t nr = 0;     ///< which output of the node
};

/// What a gradient of a node's output must look like.
struct TensorMeta {
  Shape shape;               ///< the output's sizes
  DType dtype = DType::f32;  ///< its dtype
  Device device;             ///< where it is
};

struct GradSlot;

/// A function that sees, and may replace, the gradient of one output of a node before the node's backward runs; or a
/// slot that keeps that gradient, after all functions.
struct GradHook {
  std::uint32_t output_nr;                    ///< which output's gradient
  std::function<Tensor(const Tensor&)> call;  ///< empty: `slot` keeps the gradient
  std::weak_ptr<GradSlot> slot = {};          ///< of a tensor that retains its gradient
};

/// The calls that led to a place in the program; put into words only when an error message needs it.
class CallStack {
 public:
  virtual ~CallStack() = default;
  /// One line for each function, the innermost first.
  virtual std::string text() const = 0;
};

/// A recorded operation: the edges to the nodes that made its inputs, the tensors that its backward needs.
///
/// Nodes take their number from one global counter, so a node is always younger than the nodes of its inputs, and
/// "youngest first" is a topological order of any graph. Number 0 is kept for the leaves' accumulators: they run last,
/// so that a formula which throws leaves every `.grad` as it was.
class Node : public RefCounted, public detail::SmallObject {
 public:
  /// A node with the number given, without edges.
  explicit Node(std::uint64_t sequence_nr);
  /// Deletes a node without references, and the nodes that it alone kept alive: in a loop, because a graph may be
  /// deeper than the stack.
  static void destroy(Node* node) noexcept;

  /// The operation's name.
  virtual std::string_view name() const = 0;
  /// Computes the gradients of the inputs from those of the outputs; undefined ones are zero. `grad_inputs` has one
  /// entry for each edge, and so has `wanted`, which says what the caller will use; null means all of them.
  virtual void backward(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, const bool* wanted) = 0;
  /// True for the accumulator of a leaf.
  virtual bool is_accumulator() const { return false; }

  /// Its place in the order of creation.
  std::uint64_t sequence_nr() const { return sequence_nr_; }
  /// The i-th saved tensor; an AutogradError if it was released, is another pass's (`SavedUse`), or was changed in
  /// place since.
  Tensor saved(std::size_t i);
  /// Calls `hook` with the gradient of an output before `backward`; what it returns, if defined, takes its place.
  std::size_t add_hook(std::uint32_t output_nr, std::function<Tensor(const Tensor&)> hook);
  /// Keeps the gradient of an output in `slot`, as the hooks leave it. A second time changes nothing.
  void retain_grad(std::uint32_t output_nr, const std::shared_ptr<GradSlot>& slot);
  /// Takes back the hook that `add_hook` returned `handle` for.
  void remove_hook(std::size_t handle);
  /// The hooks and slots; null if there never was one.
  const HookList<GradHook>* hooks() const { return hooks_.load(std::memory_order_acquire); }

  SmallVector<Edge, 2> edges;                 ///< one for each input: where its gradient goes
  SmallVector<SavedTensor, 2> saved_tensors;  ///< what backward needs; as many once released, but empty
  SmallVector<TensorMeta, 1> outputs;         ///< what the forward call returned
  /// Where the forward call was made, if anomaly mode was on.
  std::unique_ptr<CallStack> forward_call;

 protected:
  virtual ~Node();

 private:
  friend class NodeReaper;
  friend class SavedUse;

  HookList<GradHook>& ensure_hooks();
  [[gnu::cold]] void delete_hooks();

  std::uint64_t sequence_nr_;
  Node* next_dead_ = nullptr;
  std::atomic<HookList<GradHook>*> hooks_{nullptr};  // made by the first hook, which any thread may register
  std::atomic<std::uint32_t> saved_users_{0};        // of the saved tensors: see SavedUse
};

/// A pass's use of what a node has saved, while it runs the node's backward. Passes on several threads may reach a node
/// at the same time. Any number of those that keep the graph may use it at once, but only one that frees it, the
/// first: to the others that come later the node is released, as if they had come one after the other. Whoever leaves
/// last frees the tensors, so nobody loses what it reads.
class SavedUse {
 public:
  /// `last`: this pass does not keep the graph.
  SavedUse(Node& node, bool last) : node_(node.saved_tensors.empty() ? nullptr : &node), last_(last) {
    if (!node_) return;
    std::uint32_t nobody = 0;
    if (!node_->saved_users_.compare_exchange_strong(nobody, last ? kClaimed | 1 : 1, std::memory_order_acquire,
                                                     std::memory_order_relaxed)) [[unlikely]]
      enter();
  }
  SavedUse(const SavedUse&) = delete;
  SavedUse& operator=(const SavedUse&) = delete;
  /// Without `finish` the node's backward has failed: the node stays as it was.
  ~SavedUse() {
    if (node_) [[unlikely]]
      abandon();
  }
  /// The node's backward has succeeded.
  void finish() {
    if (node_) leave();
  }

 private:
  friend class Node;

  /// In `Node::saved_users_`: a pass that does not keep the graph has the node. The other bits count the passes within.
  static constexpr std::uint32_t kClaimed = 1U << 31;

  void enter();
  void leave();
  void abandon();
  void free_saved();

  Node* node_;  // null: there is nothing saved, or the use is over
  bool last_;
  bool refused_ = false;  // the node is another pass's: `saved` throws
  const Node* refused_before_ = nullptr;
};

/// A gradient that a tensor keeps. Shared, so that the tape can hold it weakly: no cycle can form through it.
struct GradSlot {
  Tensor grad;  ///< undefined before the first backward; GradLock (accumulate_grad.h) guards it
};

/// The tape's part of a tensor.
class AutogradMeta final : public AutogradMetaBase, public detail::SmallObject {
 public:
  Edge grad_fn;                    ///< the output of a node that this tensor is; null for leaves
  std::shared_ptr<GradSlot> slot;  ///< leaves that require grad, and non-leaves that retain it
  IntrusivePtr<Node> accumulator;  ///< leaves that require grad or once did; one for the life of the leaf
  Tensor alias;                    ///< such a leaf as nodes save it: the same memory, with the accumulator as grad_fn
};

/// The AutogradMeta of a tensor, or null.
inline AutogradMeta* autograd_meta(const Tensor& t) { return static_cast<AutogradMeta*>(t.impl()->autograd.get()); }

/// Where the gradient of `t` goes: its grad_fn, or a leaf's accumulator. Null if it requires none.
Edge gradient_edge(const Tensor& t);

/// Puts a tensor that has no place on the tape yet at the end of `edge`.
void set_edge(const Tensor& t, Edge edge);

/// Makes `outputs`, those of them whose dtype has gradients, the outputs of a new node.
void set_history(std::span<const Tensor> outputs, IntrusivePtr<Node> node);

/// The next number of the global counter.
std::uint64_t next_sequence_nr();

/// How many nodes are alive, for leak tests.
std::int64_t live_nodes();

/// Whether recorded nodes keep the stack of their forward call (`autograd/anomaly.h`).
bool anomaly_enabled();
/// The stack of the caller.
std::unique_ptr<CallStack> capture_call_stack();

}  // namespace reel
