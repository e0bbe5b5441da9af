#pragma once

#include <reel/autograd/node.h>

namespace reel {

/// The end of the tape: puts what arrives for a leaf into its `.grad`. The leaf's slot is held weakly, so a graph keeps
/// no leaf alive and no cycle can form through one.
///
/// It works in two steps, so that a backward that fails changes no `.grad`: `prepare` allocates whatever is needed,
/// `commit` cannot fail.
class AccumulateGrad final : public Node {
 public:
  AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot);

  std::string_view name() const override { return "accumulate_grad"; }
  bool is_accumulator() const override { return true; }
  void backward(std::span<const Tensor> grad_outputs, std::span<Tensor>) override;

  /// What a commit will do.
  struct Update {
    std::shared_ptr<GradSlot> slot;
    Tensor grad;            // the new gradient, or the addend
    bool in_place = false;  // add to what the slot holds
  };
  Update prepare(Tensor grad) const;
  static void commit(Update& update);

 private:
  std::weak_ptr<GradSlot> slot_;
};

/// True when no other handle or view can see the contents of `t`: it may be changed in place.
bool is_exclusive(const Tensor& t);

}  // namespace reel
