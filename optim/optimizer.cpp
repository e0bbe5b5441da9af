// The base of all optimizers: groups, and the way of a step up to the update itself.

#include <reel/optim/optimizer.h>

#include <algorithm>
#include <unordered_set>

#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/layout.h>
#include <reel/tensor/core/cuda_graph.h>

namespace reel::optim {
namespace {

bool same_place(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.device() == b.device() && same_layout(a.shape(), a.strides(), b.strides());
}

}  // namespace

void OptionCheck::operator()(bool ok, std::string_view option, std::string_view expected, double value) const {
  check<ValueError>(ok, "{}: {} must be {}, got {}", optimizer, option, expected, value);
}

const Tensor& ParamState::operator[](std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, [](const auto& entry) { return entry.first; });
  check<ValueError>(found != tensors.end(), "optimizer: there is no state tensor \"{}\"", name);
  return found->second;
}

const Tensors& Optimizer::params(std::size_t group) const {
  check<IndexError>(group < group_count(), "{}: group {} of {}", name_, group, group_count());
  return group_params(group);
}

double Optimizer::lr(std::size_t group) const {
  params(group);
  return group_lr(group);
}

void Optimizer::set_lr(double lr, std::size_t group) {
  params(group);
  set_group_lr(group, lr);
}

void Optimizer::set_lr(double lr) {
  for (std::size_t g = 0; g < group_count(); ++g) set_group_lr(g, lr);
}

void Optimizer::zero_grad(bool set_to_none) const {
  for (std::size_t g = 0; g < group_count(); ++g) reel::zero_grad(group_params(g), set_to_none);
}

ParamState Optimizer::new_state(const Tensor& param) const {
  ParamState state{param};
  for (const StateKey& key : keys_) state.tensors.emplace_back(key.name, Tensor());
  return state;
}

void Optimizer::find_states() {
  std::size_t count = 0;
  bool known = true;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      check<ValueError>(param.defined(), "{}: parameter {} is an undefined tensor", name_, count);
      check<DTypeError>(kFloating.contains(param.dtype()), "{}: parameter {} has dtype {}, expected {}", name_, count,
                        param.dtype(), kFloating);
      check<ValueError>(param.is_leaf(), "{}: parameter {} of shape {} is no leaf of the tape", name_, count,
                        param.shape());
      known = known && count < states_.size() && states_[count]->param.is_same(param);
      ++count;
    }
  }
  check<ValueError>(count > 0, "{}: no parameters were given", name_);
  if (known && count == states_.size()) return;
  std::vector<ParamState*> states;
  std::unordered_set<const TensorImpl*> seen;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      check<ValueError>(seen.insert(param.impl()).second, "{}: parameter {} of shape {} is given twice", name_,
                        states.size(), param.shape());
      states.push_back(&state_of_.try_emplace(param.impl(), new_state(param)).first->second);
    }
  }
  states_ = std::move(states);
}

void Optimizer::check_not_recording() const {
  check<DeviceError>(!cuda::is_capturing(),
                     "{}: its step cannot be part of a recorded step, as those of the library's own optimizers can; "
                     "take it after each replay",
                     name_);
}

/// Everything that can fail, for every parameter that has a gradient.
std::vector<ParamUpdate> Optimizer::prepare_step() {
  find_states();
  std::vector<ParamUpdate> updates;
  std::vector<std::pair<Tensor*, Tensor>> made;  // state tensors that are new, or follow a parameter that has moved
  auto next = states_.begin();
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    const std::vector<std::optional<double>> initial = initial_state(g);
    for (const Tensor& param : group_params(g)) {
      ParamState& state = **next++;
      const Tensor grad = param.grad();
      if (!grad.defined()) continue;
      check<ValueError>(is_dense(param.shape(), param.strides()),
                        "{}: a parameter of shape {} with strides {} has gaps or overlaps in memory; clone it first",
                        name_, param.shape(), param.strides());
      check<DTypeError>(grad.dtype() == param.dtype(), "{}: a parameter of shape {} is {}, its gradient {}", name_,
                        param.shape(), param.dtype(), grad.dtype());
      check<DeviceError>(grad.device() == param.device(), "{}: a parameter of shape {} is on {}, its gradient on {}",
                         name_, param.shape(), param.device(), grad.device());
      bool first = false;
      for (std::size_t i = 0; i < initial.size(); ++i) {
        Tensor& tensor = state.tensors[i].second;
        if (!initial[i] || (tensor.defined() && same_place(tensor, param))) continue;
        check<DeviceError>(tensor.defined() || !cuda::is_capturing(),
                           "{}: the first step of a parameter makes its state, which cannot be part of a recorded "
                           "step; take a step before the capture",
                           name_);
        first = first || !tensor.defined();
        made.emplace_back(&tensor, full_like(param, *initial[i]));
        if (tensor.defined()) made.back().second.copy_(tensor.to(param.device()));
      }
      updates.push_back({g, param, detail::with_strides(grad, param.strides()), &state, first});
    }
  }
  for (auto& [tensor, value] : made) *tensor = std::move(value);
  return updates;
}

void Optimizer::step() {
  const NoGradGuard guard;
  update_all(prepare_step());
}

}  // namespace reel::optim
