#pragma once

#include <reel/autograd/tape/node.h>

namespace reel {

/// A change of a `.grad`, in two steps, so that a backward that fails changes none: making it allocates whatever is
/// needed, `commit` cannot fail.
class GradUpdate {
 public:
  /// Adds `grad` to what the slot holds. A null slot, whose tensor is gone, is fine.
  GradUpdate(std::shared_ptr<GradSlot> slot, Tensor grad);
  void commit();

 private:
  std::shared_ptr<GradSlot> slot_;
  Tensor grad_;            // the new gradient, or the addend
  bool in_place_ = false;  // add to what the slot holds
};

/// The end of the tape: puts what arrives for a leaf into its `.grad`. The leaf's slot is held weakly, so a graph keeps
/// no leaf alive and no cycle can form through one.
class AccumulateGrad final : public Node {
 public:
  AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot);

  std::string_view name() const override { return "accumulate_grad"; }
  bool is_accumulator() const override { return true; }
  /// Nothing: the engine takes what arrives for all leaves, and commits it at the end (`slot`).
  void backward(std::span<const Tensor>, std::span<Tensor>, const bool*) override {}
  std::shared_ptr<GradSlot> slot() const { return slot_.lock(); }
  /// `set_data` has given the leaf another dtype or device: gradients of graphs recorded before are converted.
  void moved_to(const TensorMeta& meta);
  bool has_moved() const { return has_moved_; }

 private:
  bool has_moved_ = false;
  std::weak_ptr<GradSlot> slot_;
};

/// Whether `add_` may put a gradient into `sum`: no other handle or view can see it, its elements lie apart, and its
/// dtype computes (half floats only store).
bool can_add_to(const Tensor& sum);
/// a + b, gradients of one tensor. Half floats are added in f32.
Tensor add_gradients(const Tensor& a, const Tensor& b);

}  // namespace reel
