#include <reel/autograd/accumulate_grad.h>

#include <reel/autograd/grad_mode.h>
#include <reel/ops/ops.h>

namespace reel {

bool is_exclusive(const Tensor& t) { return t.impl()->use_count() == 1 && t.impl()->storage->use_count() == 1; }

AccumulateGrad::AccumulateGrad(const Tensor& leaf, std::weak_ptr<GradSlot> slot) : Node(0), slot_(std::move(slot)) {
  outputs.push_back({leaf.shape(), leaf.dtype(), leaf.device()});
}

AccumulateGrad::Update AccumulateGrad::prepare(Tensor grad) const {
  Update update{slot_.lock(), {}, false};
  if (!update.slot) return update;
  const std::scoped_lock lock(update.slot->mutex);
  const Tensor& current = update.slot->grad;
  if (!current.defined()) {
    // A gradient that somebody else can see, or that is not dense (an expanded scalar), gets memory of its own: users
    // scale and clip gradients in place.
    const bool own = grad.requires_grad() || (is_exclusive(grad) && is_dense(grad.shape(), grad.strides()));
    update.grad = own ? std::move(grad) : grad.clone();
  } else if (!GradMode::enabled() && !current.requires_grad() && is_exclusive(current)) {
    update.in_place = true;
    update.grad = std::move(grad);
  } else {
    update.grad = add(current, grad);
  }
  return update;
}

void AccumulateGrad::commit(Update& update) {
  if (!update.slot) return;
  const std::scoped_lock lock(update.slot->mutex);
  if (update.in_place) update.slot->grad.add_(update.grad);
  else update.slot->grad = std::move(update.grad);
}

void AccumulateGrad::backward(std::span<const Tensor> grad_outputs, std::span<Tensor>) {
  Update update = prepare(grad_outputs[0]);
  commit(update);
}

}  // namespace reel
