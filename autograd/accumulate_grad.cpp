// The end of the tape: gradients go into the leaves.

#include <reel/autograd/accumulate_grad.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/view.h>

namespace reel {

namespace {

/// Whether no other handle or view can see the contents, and no two elements share memory.
bool is_own(const Tensor& t) {
  return t.impl()->use_count() == 1 && t.impl()->storage->use_count() == 1 && is_dense(t.shape(), t.strides());
}

}  // namespace

bool can_add_to(const Tensor& sum) { return kFloating.contains(sum.dtype()) && !sum.requires_grad() && is_own(sum); }

Tensor add_gradients(const Tensor& a, const Tensor& b) {
  if (kFloating.contains(a.dtype())) return add(a, b);
  return add(a.to(DType::f32), b.to(DType::f32)).to(a.dtype());
}

AccumulateGrad::AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot) : Node(0), slot_(std::move(slot)) {
  outputs.push_back({leaf.shape(), leaf.dtype(), leaf.device()});
}

void AccumulateGrad::moved_to(const TensorMeta& meta) {
  outputs[0] = meta;
  has_moved_ = true;
}

GradUpdate::GradUpdate(std::shared_ptr<GradSlot> slot, Tensor grad) : slot_(std::move(slot)) {
  if (!slot_) return;
  if (!GradMode::enabled() && grad.requires_grad()) grad = grad.detach();  // the caller's own, passed through
  const std::scoped_lock lock(slot_->mutex);
  const Tensor& current = slot_->grad;
  if (!current.defined()) {
    // A gradient that is visible elsewhere, or that is not dense (an expanded scalar), gets memory of its own: users
    // scale and clip gradients in place.
    grad_ = is_own(grad) ? std::move(grad) : grad.clone();
  } else if (!grad.requires_grad() && can_add_to(current)) {
    in_place_ = true;
    grad_ = std::move(grad);
  } else {
    grad_ = add_gradients(current, grad);
  }
}

void GradUpdate::commit() {
  if (!slot_) return;
  const std::scoped_lock lock(slot_->mutex);
  if (in_place_) slot_->grad.add_(grad_);
  else std::swap(slot_->grad, grad_);  // the former one is freed later, outside the lock
}

}  // namespace reel
