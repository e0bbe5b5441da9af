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

/// A state tensor that is new, or follows a parameter that has moved. It is swapped in for the step.
struct Optimizer::NewTensor {
  ParamState* state;
  std::size_t index;  // in the state
  std::int64_t step;  // of the state before the step
  Tensor other;       // the new tensor, then the former one

  void swap() { std::swap(state->tensors[index].second, other); }
};

/// A half float whose step is taken in f32.
struct Optimizer::Rounding {
  Tensor param, working;  // the parameter, and what the step updates
  ParamState* state;
  std::int64_t step;  // of the state before the step

  /// Takes over the step, if there was one.
  void finish(bool keep) {
    if (state->step == step) return;
    param.copy_(working);
    state->master = keep ? working : Tensor();
    state->master_version = param.version();
  }
};

void OptionCheck::operator()(bool ok, std::string_view option, std::string_view expected, double value) const {
  check<ValueError>(ok, "{}: expected {} {}, got {}", optimizer, option, expected, value);
}

void OptionCheck::operator()(std::string_view option, double value, const detail::NumberRange& range) const {
  detail::check_option(optimizer, option, value, range);
}

const Tensor& ParamState::operator[](std::string_view name) const {
  const auto found = std::ranges::find(tensors, name, [](const auto& entry) { return entry.first; });
  check<ValueError>(found != tensors.end(), "optimizer: expected the name of a state tensor, got \"{}\"", name);
  return found->second;
}

const Tensors& Optimizer::params(std::size_t group) const {
  check<IndexError>(group < group_count(), "{}: expected a group below {}, got {}", name_, group_count(), group);
  return group_params(group);
}

double Optimizer::lr(std::size_t group) const {
  params(group);
  return group_lr(group);
}

void Optimizer::set_lr(double lr, std::size_t group) {
  params(group);
  detail::check_option(name_, "lr", lr, detail::kFiniteAtLeastZero);
  set_group_lr(group, lr);
}

void Optimizer::set_lr(double lr) {
  detail::check_option(name_, "lr", lr, detail::kFiniteAtLeastZero);
  for (std::size_t g = 0; g < group_count(); ++g) set_group_lr(g, lr);
}

namespace {

/// The options that are a momentum, by their names: of SGD and of Adam's family.
bool is_momentum(std::string_view option) { return option == "momentum" || option == "beta1"; }

}  // namespace

std::optional<double> Optimizer::momentum(std::size_t group) const {
  params(group);
  for (const auto& [option, value] : option_values(group)) {
    if (is_momentum(option)) return value;
  }
  return std::nullopt;
}

void Optimizer::set_momentum(double momentum, std::size_t group) {
  check<ValueError>(this->momentum(group).has_value(), "{}: expected an optimizer with a momentum or betas to set",
                    name_);
  std::vector<OptionValues> values;
  for (std::size_t g = 0; g < group_count(); ++g) values.push_back(option_values(g));
  for (auto& [option, value] : values[group]) {
    if (is_momentum(option)) value = momentum;
  }
  set_option_values(values);
}

void Optimizer::zero_grad(bool set_to_none) const {
  for (std::size_t g = 0; g < group_count(); ++g) reel::zero_grad(group_params(g), set_to_none);
}

namespace {

/// What steps compute with, and the dtype of the state.
DType state_dtype(const Tensor& param) { return kHalf.contains(param.dtype()) ? DType::f32 : param.dtype(); }

}  // namespace

std::optional<Shape> Optimizer::StateKey::shape_for(const Tensor& param) const {
  return shape ? shape(param.shape()) : param.shape();
}

Tensor Optimizer::StateKey::empty_for(const Tensor& param) const {
  const TensorOptions options{.dtype = state_dtype(param), .device = param.device()};
  return shape ? empty(*shape_for(param), options)
               : empty_strided(param.shape(), param.strides(), options.dtype, options.device);
}

/// Whether two tensors lie in memory alike.
bool Optimizer::has_layout_of(const Tensor& tensor, const Tensor& other) {
  return tensor.defined() && tensor.dtype() == other.dtype() && tensor.device() == other.device() &&
         tensor.shape() == other.shape() && same_layout(other.shape(), tensor.strides(), other.strides());
}

/// Whether a state tensor is what `empty_for` would make.
bool Optimizer::is_in_place(const Tensor& tensor, const StateKey& key, const Tensor& param) {
  if (!tensor.defined() || tensor.dtype() != state_dtype(param) || tensor.device() != param.device()) return false;
  if (key.shape) return tensor.shape() == key.shape_for(param);
  return tensor.shape() == param.shape() && same_layout(param.shape(), tensor.strides(), param.strides());
}

ParamState Optimizer::new_state(const Tensor& param) const {
  ParamState state{param};
  for (const StateKey& key : keys_) state.tensors.emplace_back(key.name, Tensor());
  return state;
}

void Optimizer::fail_recorded_group(std::string_view optimizer, std::size_t group, std::size_t count) {
  fail<IndexError>("{}: a recorded step updates group {}, got {} groups; capture the step again", optimizer, group,
                   count);
}

void Optimizer::find_states() {
  std::size_t count = 0;
  bool known = true;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      check<ValueError>(param.defined(), "{}: expected parameter {} to be a tensor, got an undefined one", name_,
                        count);
      check<DTypeError>(kFloating.contains(param.dtype()), "{}: expected parameter {} of dtype {}, got {}", name_,
                        count, kFloating, param.dtype());
      check<ValueError>(param.is_leaf(), "{}: expected parameter {} to be a leaf of the tape, got a result of shape {}",
                        name_, count, param.shape());
      known = known && count < states_.size() && states_[count]->param.is_same(param);
      ++count;
    }
  }
  check<ValueError>(count > 0, "{}: expected at least one parameter, got none; did the module call register_module?",
                    name_);
  if (known && count == states_.size()) return;
  std::unordered_set<const TensorImpl*> given;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      check<ValueError>(given.insert(param.impl()).second,
                        "{}: expected each parameter once, got parameter {} of shape {} twice", name_, given.size(),
                        param.shape());
    }
  }
  std::erase_if(state_of_, [&](const auto& entry) { return entry.second->step == 0 && !given.contains(entry.first); });
  std::vector<std::shared_ptr<ParamState>> states;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      auto fresh = std::make_shared<ParamState>(new_state(param));
      states.push_back(state_of_.try_emplace(param.impl(), std::move(fresh)).first->second);
    }
  }
  states_ = std::move(states);
}

/// The f32 values of a half float that the step updates.
Tensor Optimizer::working_copy(const Tensor& param, ParamState& state, std::vector<Rounding>& rounded) const {
  const bool kept = keep_master_ && state.master.defined() && state.master.device() == param.device() &&
                    state.master_version.value_or(param.version()) == param.version() &&
                    same_layout(param.shape(), state.master.strides(), param.strides());
  const Tensor working = kept ? state.master : param.detach().to(DType::f32);
  rounded.push_back({param, working, &state, state.step});
  return working;
}

/// Everything that can fail, for every parameter that has a gradient. Changes nothing.
std::vector<ParamUpdate> Optimizer::prepare_step(std::vector<NewTensor>& made, std::vector<Rounding>& rounded) {
  find_states();
  std::vector<ParamUpdate> updates;
  auto next = states_.begin();
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    const std::vector<std::optional<double>> initial = initial_state(g);
    for (const Tensor& param : group_params(g)) {
      const std::shared_ptr<ParamState>& state = *next++;
      const Tensor grad = param.grad();
      if (!grad.defined()) continue;
      if (!cuda::is_capturing()) state->settle();
      check<ValueError>(is_dense(param.shape(), param.strides()),
                        "{}: expected parameters without gaps or overlaps in memory, got shape {} with strides {}; "
                        "make the parameter of its clone",
                        name_, param.shape(), param.strides());
      check<DTypeError>(grad.dtype() == param.dtype(),
                        "{}: expected a gradient of dtype {} for a parameter of shape {}, got {}", name_, param.dtype(),
                        param.shape(), grad.dtype());
      check<DeviceError>(grad.device() == param.device(),
                         "{}: expected a gradient on {} for a parameter of shape {}, got {}", name_, param.device(),
                         param.shape(), grad.device());
      bool first = false;
      for (std::size_t i = 0; i < initial.size(); ++i) {
        const Tensor& tensor = state->tensors[i].second;
        if (!initial[i] || !keys_[i].shape_for(param) || is_in_place(tensor, keys_[i], param)) continue;
        check<DeviceError>(!cuda::is_capturing(),
                           "{}: the first step of a parameter makes its state, and the first after it has moved moves "
                           "the state along; neither can be part of a recorded step: take a step before the capture",
                           name_);
        first = first || !tensor.defined();
        made.push_back({state.get(), i, state->step, keys_[i].empty_for(param).fill_(*initial[i])});
        if (tensor.defined()) made.back().other.copy_(tensor.to(param.device()));
      }
      const Tensor laid_out = detail::with_strides(grad, param.strides());
      updates.push_back(kHalf.contains(param.dtype()) ? ParamUpdate{g, working_copy(param, *state, rounded),
                                                                    laid_out.to(DType::f32), state, first}
                                                      : ParamUpdate{g, param, laid_out, state, first});
    }
  }
  return updates;
}

void Optimizer::step() { take_step({}); }

void Optimizer::step_unless(const Tensor& skip) {
  check<ShapeError>(skip.numel() == 1, "{}: step_unless: expected a scalar, got shape {}", name_, skip.shape());
  check<DTypeError>(skip.dtype() == DType::f32, "{}: step_unless: expected a scalar of dtype f32, got {}", name_,
                    skip.dtype());
  if (cuda::is_capturing()) take_step(skip.clone());  // the step may change the number later on
  else if (skip.item() == 0) take_step({});
}

void Optimizer::take_step(const Tensor& skip) {
  const NoGradGuard guard;
  check<DeviceError>(can_be_recorded() || !cuda::is_capturing(),
                     "{}: its step cannot be part of a recorded step, as those of the library's own optimizers can; "
                     "take it after each replay",
                     name_);
  std::vector<NewTensor> made;
  std::vector<Rounding> rounded;
  std::vector<ParamUpdate> updates = prepare_step(made, rounded);
  for (ParamUpdate& update : updates) update.skip = skip;
  for (NewTensor& tensor : made) tensor.swap();
  try {
    update_all(updates);
  } catch (...) {
    for (NewTensor& tensor : made) {
      if (tensor.state->step == tensor.step) tensor.swap();  // the parameter has not stepped
    }
    for (Rounding& r : rounded) r.finish(keep_master_);
    throw;
  }
  for (Rounding& r : rounded) r.finish(keep_master_);
}

}  // namespace reel::optim
