// Parts of a graph that backward computes again.

#include <reel/autograd/checkpoint.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <reel/autograd/graph_part.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/cuda_graph.h>
#include <reel/tensor/core/generator.h>

namespace reel {
namespace {

using Function = std::function<Tensors(const Tensors&)>;

[[gnu::tls_model("initial-exec")]] constinit thread_local bool recomputing = false;

/// Says for a scope that a function runs again.
class RecomputingGuard {
 public:
  RecomputingGuard() : former_(std::exchange(recomputing, true)) {}
  ~RecomputingGuard() { recomputing = former_; }
  RecomputingGuard(const RecomputingGuard&) = delete;
  RecomputingGuard& operator=(const RecomputingGuard&) = delete;

 private:
  bool former_;
};

/// For a scope, random numbers come from a generator that no other thread draws from. It begins where the default
/// generator is, which is afterwards as if it had made them.
class OwnNumbersGuard {
 public:
  OwnNumbersGuard() { own_.set_state(before_); }
  ~OwnNumbersGuard() {
    const PhiloxState after = own_.state();
    if (after.seed != before_.seed || after.offset < before_.offset) {
      shared_.set_state(after);  // the function has seeded it
    } else {
      for (std::uint64_t drawn = before_.offset; drawn < after.offset; ++drawn) shared_.next();
    }
  }
  OwnNumbersGuard(const OwnNumbersGuard&) = delete;
  OwnNumbersGuard& operator=(const OwnNumbersGuard&) = delete;
  PhiloxState state() const { return own_.state(); }

 private:
  Generator& shared_ = default_generator();
  PhiloxState before_ = shared_.state();
  Generator own_;
  detail::DefaultGeneratorGuard guard_{own_};
};

bool operator==(const PhiloxState& a, const PhiloxState& b) { return a.seed == b.seed && a.offset == b.offset; }

/// Stands for all operations of a function. Its edges are those by which they lead out of it.
class CheckpointNode final : public Node {
 public:
  /// Made before the function runs, so that whatever it records is younger.
  CheckpointNode(Function f, const Tensors& inputs) : Node(next_sequence_nr()), f_(std::move(f)) {
    for (const Tensor& input : inputs) saved_tensors.emplace_back(input);
  }

  std::string_view name() const override { return "checkpoint"; }

  /// The first run; whether it has recorded anything.
  bool run(const Tensors& inputs, Tensors& results) {
    {
      const OwnNumbersGuard numbers;
      random_before_ = numbers.state();
      results = f_(inputs);
      random_after_ = numbers.state();
    }
    // A replay would draw new numbers in forward, and others again in backward.
    check<AutogradError>(random_after_ == random_before_ || !cuda::is_capturing(),
                         "checkpoint: expected no random operations while a step is recorded, got {}; leave dropout "
                         "outside the function",
                         random_after_.offset - random_before_.offset);
    count_ = results.size();
    for (Edge& edge : detail::edges_out_of_part(results, sequence_nr())) edges.push_back(std::move(edge));
    for (SavedTensor& saved : saved_tensors) saved.seal();
    return !edges.empty();
  }

  void backward(std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, const bool*) override {
    Tensors inputs;
    for (std::size_t i = 0; i < saved_tensors.size(); ++i) inputs.push_back(saved(i));
    const std::uint64_t first = next_sequence_nr();
    const Tensors results = run_again(inputs);
    check_same(results, first);
    Tensors roots, seeds;
    for (std::size_t nr = 0; nr < tracked_.size(); ++nr) {
      const Tensor& result = results[tracked_[nr]];
      if (!grad_outputs[nr].defined() || !result.requires_grad()) continue;
      roots.push_back(result);
      seeds.push_back(grad_outputs[nr]);
    }
    Tensors grads =
        detail::grad_of_part(roots, std::move(seeds), {edges.begin(), edges.end()}, first, GradMode::enabled());
    std::move(grads.begin(), grads.end(), grad_inputs.begin());
  }

  /// Puts the results that require grad on the tape, in place of what the function has recorded.
  static void place(IntrusivePtr<CheckpointNode> node, Tensors& results) {
    Tensors tracked;
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!results[i].defined() || !results[i].requires_grad()) continue;
      results[i] = results[i].detach();
      tracked.push_back(results[i]);
      node->tracked_.push_back(i);
    }
    set_history(tracked, std::move(node));
  }

 private:
  Tensors run_again(const Tensors& inputs) const {
    const RecomputingGuard again;
    const GradModeGuard record(true);
    const AutocastGuard round(autocast_);
    Generator generator;
    generator.set_state(random_before_);
    const detail::DefaultGeneratorGuard same_numbers(generator);
    Tensors results = f_(inputs);
    const PhiloxState drawn = generator.state();
    check<AutogradError>(drawn == random_after_,
                         "checkpoint: expected the function to draw {} random tensors as in its first run, got {}",
                         random_after_.offset - random_before_.offset, drawn.offset - random_before_.offset);
    return results;
  }

  void check_same(const Tensors& results, std::uint64_t first) const {
    check<AutogradError>(results.size() == count_,
                         "checkpoint: expected the function to return {} tensors as in its first run, got {}", count_,
                         results.size());
    for (std::size_t nr = 0; nr < tracked_.size(); ++nr) {
      const Tensor& result = results[tracked_[nr]];
      const TensorMeta& meta = outputs[nr];
      check<AutogradError>(result.defined() && result.shape() == meta.shape && result.dtype() == meta.dtype,
                           "checkpoint: expected the function to return tensor {} of shape {} {} as in its first run, "
                           "got {}",
                           tracked_[nr], meta.shape, meta.dtype,
                           result.defined() ? fmt::format("{} {}", result.shape(), result.dtype()) : "none");
    }
    const std::vector<Edge> now = detail::edges_out_of_part(results, first);
    const bool same = std::equal(now.begin(), now.end(), edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
      return a.node.get() == b.node.get() && a.nr == b.nr;
    });
    check<AutogradError>(same,
                         "checkpoint: expected the function to use the tensors that require grad of its first run, "
                         "got others; it must not depend on what changes before backward");
  }

  Function f_;
  std::size_t count_ = 0;             // of the results
  std::vector<std::size_t> tracked_;  // those that require grad, by the number of the output
  DType autocast_ = Autocast::dtype();
  PhiloxState random_before_{}, random_after_{};
};

}  // namespace

bool is_recomputing() { return recomputing; }

Tensors detail::checkpoint(Function f, const Tensors& inputs) {
  check<ValueError>(static_cast<bool>(f), "checkpoint: expected a function, got an empty one");
  if (!GradMode::enabled()) return f(inputs);
  IntrusivePtr<CheckpointNode> node(new CheckpointNode(std::move(f), inputs));
  Tensors results;
  if (!node->run(inputs, results)) return results;
  CheckpointNode::place(std::move(node), results);
  return results;
}

}  // namespace reel
