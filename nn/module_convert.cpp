// What changes a whole module: device, dtype, training mode, gradients.

#include <unordered_set>

#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/module_state.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {
namespace {

/// Gives every tensor the contents that `convert` makes of it. All conversions come first: if one fails (memory, a
/// device that is not there), the module is as it was.
template <class Convert> void convert_tensors(const Module& module, Convert&& convert) {
  struct Change {
    Tensor tensor, data, grad;
  };
  const NoGradGuard guard;
  std::vector<Change> changes;
  const auto add = [&](const Tensor& t) {
    Tensor data = convert(t);
    if (data.is_same(t)) return;
    const Tensor grad = t.grad();
    changes.push_back({t, data, grad.defined() ? convert(grad.detach()) : Tensor()});
  };
  for (const Tensor& t : module.parameters()) add(t);
  for (const Tensor& t : module.buffers()) add(t);
  for (const Change& change : changes) {
    if (change.grad.defined()) change.tensor.set_grad({});  // else set_data would convert it once more
    change.tensor.set_data(change.data);
    if (change.grad.defined()) change.tensor.set_grad(change.grad);
  }
}

void check_module_dtype(DType dtype) {
  check<DTypeError>(is_floating(dtype), "Module::to: expected a floating dtype, got {}", dtype);
}

}  // namespace

void Module::to(Device device) const {
  convert_tensors(*this, [&](const Tensor& t) { return t.to(device); });
}

void Module::to(DType dtype) const {
  check_module_dtype(dtype);
  convert_tensors(*this, [&](const Tensor& t) { return is_floating(t.dtype()) ? t.to(dtype) : t; });
}

void Module::to(Device device, DType dtype) const {
  check_module_dtype(dtype);
  convert_tensors(*this, [&](const Tensor& t) { return t.to(device, is_floating(t.dtype()) ? dtype : t.dtype()); });
}

void Module::train(bool mode) const {
  for (const Module& m : modules()) m.state().training = mode;
}

bool Module::is_training() const { return state().training; }

void Module::zero_grad(bool set_to_none) const { reel::zero_grad(parameters(), set_to_none); }

void Module::requires_grad_(bool value) const {
  for (const Tensor& p : parameters()) p.requires_grad_(value);
}

void Module::apply(const std::function<void(Module&)>& function) const {
  std::unordered_set<const ModuleState*> seen;
  const auto visit = [&](const auto& self, Module module) -> void {
    if (!seen.insert(module.state_.get()).second) return;
    for (const Module& child : module.children()) self(self, child);
    function(module);
  };
  visit(visit, *this);
}

}  // namespace reel::nn
