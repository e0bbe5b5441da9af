// Nodes of the tape, how tensors refer to them, and the tensors that they save.

#include <reel/autograd/tape/node.h>

#include <atomic>
#include <utility>

#include <reel/autograd/tape/op.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/live_count.h>

namespace reel {
namespace {

std::atomic<std::uint64_t> sequence_counter{1};
std::atomic<std::size_t> hook_counter{1};

/// The node whose backward this thread runs without a right to what it has saved, if any.
[[gnu::tls_model("initial-exec")]] constinit thread_local const Node* refused_node = nullptr;

}  // namespace

/// Deletes nodes in a loop: deleting a node drops its references to other nodes, and recursion along a chain of a
/// million would overflow the stack.
class NodeReaper {
 public:
  static void reap(Node* node) noexcept {
    node->next_dead_ = dead_;
    dead_ = node;
    if (reaping_) return;
    reaping_ = true;
    while (dead_) {
      Node* next = dead_;
      dead_ = next->next_dead_;
      delete next;
    }
    reaping_ = false;
  }

 private:
  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local Node* dead_ = nullptr;
  [[gnu::tls_model("initial-exec")]] static inline constinit thread_local bool reaping_ = false;
};

std::vector<std::string_view>& op_registry() {
  static auto* registry = new std::vector<std::string_view>;  // never destroyed, for threads may run on
  return *registry;
}

std::uint64_t next_sequence_nr() { return sequence_counter.fetch_add(1, std::memory_order_relaxed); }
std::int64_t live_nodes() { return detail::live_count(detail::Live::nodes); }

Node::Node(std::uint64_t sequence_nr) : sequence_nr_(sequence_nr) {
  detail::count_live(detail::Live::nodes, 1);
  if (anomaly_enabled() && sequence_nr) forward_call = capture_call_stack();
}

Node::~Node() {
  if (hooks_.load(std::memory_order_relaxed)) delete_hooks();
  detail::count_live(detail::Live::nodes, -1);
}

void Node::delete_hooks() { delete hooks_.load(std::memory_order_relaxed); }

void Node::destroy(Node* node) noexcept { NodeReaper::reap(node); }

Tensor Node::saved(std::size_t i) {
  const bool released = saved_users_.load(std::memory_order_relaxed) == SavedUse::kClaimed || refused_node == this;
  check<AutogradError>(!released,
                       "{}: expected one backward through the graph, got a second: the first freed the saved tensors; "
                       "pass retain_graph = true there",
                       name());
  check<AutogradError>(i < saved_tensors.size(),
                       "{}: expected backward to use the {} saved tensors, got a use of number {}", name(),
                       saved_tensors.size(), i);
  return saved_tensors[i].unpack(*this);
}

HookList<GradHook>& Node::ensure_hooks() {
  if (auto* known = hooks_.load(std::memory_order_acquire)) return *known;
  auto made = std::make_unique<HookList<GradHook>>();
  HookList<GradHook>* other = nullptr;
  if (!hooks_.compare_exchange_strong(other, made.get(), std::memory_order_acq_rel)) return *other;
  return *made.release();
}

std::size_t Node::add_hook(std::uint32_t output_nr, std::function<Tensor(const Tensor&)> hook) {
  const std::size_t handle = hook_counter.fetch_add(1, std::memory_order_relaxed);
  ensure_hooks().add(handle, {output_nr, std::move(hook)});
  return handle;
}

void Node::retain_grad(std::uint32_t output_nr, const std::shared_ptr<GradSlot>& slot) {
  bool known = false;
  if (hooks()) hooks()->for_each([&](const GradHook& hook) { known = known || hook.slot.lock() == slot; });
  if (!known) ensure_hooks().add(0, {output_nr, {}, slot});
}

void Node::remove_hook(std::size_t handle) {
  if (HookList<GradHook>* list = hooks_.load(std::memory_order_acquire)) list->remove(handle);
}

// --- who may use what a node has saved

void SavedUse::enter() {
  std::uint32_t users = node_->saved_users_.load(std::memory_order_relaxed);
  do {
    if (users & kClaimed) {
      // Not an error yet: a formula that needs nothing of what was saved works on a released node, too.
      refused_ = true;
      refused_before_ = std::exchange(refused_node, node_);
      return;
    }
  } while (!node_->saved_users_.compare_exchange_weak(users, (users + 1) | (last_ ? kClaimed : 0),
                                                      std::memory_order_acquire, std::memory_order_relaxed));
}

void SavedUse::leave() {
  if (refused_) return;
  // If this pass has the node to itself, nobody can join any more, and no locked instruction is needed.
  std::atomic<std::uint32_t>& users = node_->saved_users_;
  const bool alone = users.load(std::memory_order_acquire) == (kClaimed | 1);
  if (alone || users.fetch_sub(1, std::memory_order_acq_rel) == (kClaimed | 1)) free_saved();
  node_ = nullptr;
}

void SavedUse::abandon() {
  if (refused_) {
    refused_node = refused_before_;
    return;
  }
  const std::uint32_t before = node_->saved_users_.fetch_sub(last_ ? kClaimed | 1 : 1, std::memory_order_acq_rel);
  if (!last_ && before == (kClaimed | 1)) free_saved();  // the pass that claimed the node is through
}

void SavedUse::free_saved() {
  for (SavedTensor& saved : node_->saved_tensors) saved.release();
  node_->saved_users_.store(kClaimed, std::memory_order_release);
}

void detail::fail_aliased(std::string_view op) {
  fail<AutogradError>(
      "{}: expected forward to return a new tensor, got one of its inputs; return a view or a copy of it", op);
}

Edge gradient_edge(const Tensor& t) {
  if (!t.requires_grad()) return {};
  const AutogradMeta& meta = *autograd_meta(t);
  return meta.grad_fn.node ? meta.grad_fn : Edge{meta.accumulator, 0};
}

void set_edge(const Tensor& t, Edge edge) {
  auto meta = std::make_unique<AutogradMeta>();
  meta->grad_fn = std::move(edge);
  t.impl()->autograd = std::move(meta);
  t.impl()->requires_grad = true;
}

void set_history(std::span<const Tensor> outputs, IntrusivePtr<Node> node) {
  for (const Tensor& output : outputs) {
    TensorMeta& meta = node->outputs.emplace_back();
    if (!output.defined()) continue;
    meta.shape = output.shape();
    meta.dtype = output.dtype();
    meta.device = output.device();
  }
  const auto place = [&](std::uint32_t nr, IntrusivePtr<Node> maker) {
    const Tensor& output = outputs[nr];
    if (output.defined() && is_floating(output.dtype())) set_edge(output, {std::move(maker), nr});
  };
  for (std::uint32_t nr = 1; nr < outputs.size(); ++nr) place(nr, node);
  // The first output, usually the only one, takes over this reference, which saves two locked instructions.
  if (!outputs.empty()) place(0, std::move(node));
}

// --- saved tensors

SavedTensor::SavedTensor(const Tensor& tensor) : tensor_(tensor) {
  if (!tensor.defined()) return;
  if (tensor.requires_grad() && autograd_meta(tensor)->alias.defined()) tensor_ = autograd_meta(tensor)->alias;
  version_ = tensor.version();
}

void SavedTensor::mark_if_output(const Tensor& output, std::int32_t output_nr) {
  if (!tensor_.defined() || !tensor_.is_same(output)) return;
  tensor_ = output.detach();
  output_nr_ = output_nr;
}

void SavedTensor::seal() {
  const bool shared_leaf = tensor_.defined() && output_nr_ < 0 && tensor_.is_leaf() && tensor_.impl()->use_count() > 1;
  if (shared_leaf) tensor_ = tensor_.detach();
}

Tensor SavedTensor::unpack(Node& saver) const {
  if (!tensor_.defined()) return {};
  check<AutogradError>(tensor_.version() == version_,
                       "{}: expected a tensor of shape {} at version {}, as saved for backward, got version {}: it was "
                       "changed in place since; change a clone instead",
                       saver.name(), tensor_.shape(), version_, tensor_.version());
  if (output_nr_ < 0 || !is_floating(tensor_.dtype())) return tensor_;
  const Tensor output = tensor_.detach();
  set_edge(output, {IntrusivePtr<Node>(&saver), static_cast<std::uint32_t>(output_nr_)});
  return output;
}

}  // namespace reel
