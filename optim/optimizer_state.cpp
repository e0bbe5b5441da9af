// What an optimizer saves and loads: the options of its groups and the state of its parameters.

#include <reel/optim/optimizer.h>

#include <unordered_set>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/layout.h>
#include <reel/optim/saved_state.h>
#include <reel/tensor/core/cuda_graph.h>

namespace reel::optim {
namespace {

/// The entry of a parameter's f32 copy.
constexpr std::string_view kMasterKey = "master";

std::string option_key(std::size_t group, std::string_view option) {
  return "group." + std::to_string(group) + "." + std::string(option);
}

/// Takes an entry out; undefined if there is none.
Tensor take(StateDict& rest, const std::string& key) {
  const auto entry = rest.extract(key);
  return entry ? entry.mapped() : Tensor();
}

/// Takes out what has to be there.
Tensor take_required(std::string_view optimizer, StateDict& rest, const std::string& key) {
  Tensor saved = take(rest, key);
  check<ValueError>(saved.defined(), "{}: expected a state with \"{}\"", optimizer, key);
  return saved;
}

}  // namespace

std::string state_key(std::size_t number, std::string_view name) {
  return "state." + std::to_string(number) + "." + std::string(name);
}

Scalar take_number(std::string_view optimizer, StateDict& rest, const std::string& key, DType dtype) {
  const Tensor saved = take_required(optimizer, rest, key);
  check<DTypeError>(saved.dtype() == dtype, "{}: expected \"{}\" of dtype {}, got {}", optimizer, key, dtype,
                    saved.dtype());
  check<ShapeError>(saved.numel() == 1, "{}: expected \"{}\" of one element, got shape {}", optimizer, key,
                    saved.shape());
  return saved.item_scalar();
}

Tensor take_tensor(std::string_view optimizer, StateDict& rest, const std::string& key, const Shape& shape) {
  Tensor saved = take_required(optimizer, rest, key);
  check<ShapeError>(saved.shape() == shape, "{}: expected \"{}\" of shape {}, got {}", optimizer, key, shape,
                    saved.shape());
  check<DTypeError>(is_floating(saved.dtype()), "{}: expected \"{}\" of a floating dtype, got {}", optimizer, key,
                    saved.dtype());
  return saved;
}

bool SkipFlag::skipped() {
  if (!known_) known_ = number_.item() != 0;
  return *known_;
}

void ParamState::settle() {
  if (skip && skip->skipped()) --step;
  skip = {};
}

StateDict Optimizer::state_dict() const {
  StateDict out;
  std::size_t number = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const auto& [option, value] : option_values(g)) {
      out[option_key(g, option)] = full({}, value, {.dtype = DType::f64, .device = Device::cpu()});
    }
    for (const Tensor& param : group_params(g)) {
      const std::size_t n = number++;
      const auto found = state_of_.find(param.impl());
      if (found == state_of_.end() || found->second->step == 0) continue;
      ParamState& state = *found->second;
      state.settle();
      out[state_key(n, "step")] = full({}, state.step, {.dtype = DType::i64, .device = Device::cpu()});
      for (const auto& [name, tensor] : state.tensors) {
        if (tensor.defined()) out[state_key(n, name)] = tensor;
      }
      if (state.master.defined()) out[state_key(n, kMasterKey)] = state.master;
    }
  }
  return out;
}

/// The state of a parameter, taken out of `rest`; a new one if there is none. A state without steps has no tensors.
ParamState Optimizer::take_state(StateDict& rest, std::size_t number, const Tensor& param) const {
  ParamState state = new_state(param);
  const std::string step_key = state_key(number, "step");
  if (!rest.contains(step_key)) return state;
  state.step = take_number(name_, rest, step_key, DType::i64).to<std::int64_t>();
  check<ValueError>(state.step >= 0, "{}: expected \"{}\" of at least 0, got {}", name_, step_key, state.step);
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    const std::string key = state_key(number, keys_[i].name);
    const std::optional<Shape> shape = keys_[i].shape_for(param);
    if (!shape || (!rest.contains(key) && (!keys_[i].always || state.step == 0))) continue;
    const Tensor saved = take_tensor(name_, rest, key, *shape);
    check<ValueError>(state.step > 0, "{}: expected \"{}\" of at least 1 with \"{}\", got 0", name_, step_key, key);
    state.tensors[i].second = keys_[i].empty_for(param);
    state.tensors[i].second.copy_(saved.to(param.device()));
  }
  if (const std::string key = state_key(number, kMasterKey); rest.contains(key)) {
    const Tensor saved = take_tensor(name_, rest, key, param.shape());
    if (kHalf.contains(param.dtype()))
      state.master = detail::with_strides(saved.to(param.device(), DType::f32), param.strides());
  }
  return state;
}

void Optimizer::load_state_dict(const StateDict& state) {
  const NoGradGuard guard;
  check<DeviceError>(!cuda::is_capturing(), "{}: load_state_dict cannot be part of a recorded step", name_);
  find_states();
  StateDict rest = state;
  std::vector<OptionValues> options;
  std::vector<ParamState> loaded;
  std::unordered_set<const TensorImpl*> given;
  for (std::size_t g = 0; g < group_count(); ++g) {
    options.push_back(option_values(g));
    for (auto& [option, value] : options.back()) {
      value = take_number(name_, rest, option_key(g, option), DType::f64).to<double>();
    }
    for (const Tensor& param : group_params(g)) {
      loaded.push_back(take_state(rest, loaded.size(), param));
      given.insert(param.impl());
    }
  }
  check<ValueError>(rest.empty(),
                    "{}: expected the state of {} groups and {} parameters, got an unknown \"{}\"; was it saved by an "
                    "optimizer of the same kind, with all modules registered?",
                    name_, group_count(), loaded.size(), rest.empty() ? "" : rest.begin()->first);
  set_option_values(options);
  for (std::size_t p = 0; p < loaded.size(); ++p) {
    ParamState& kept = *states_[p];
    kept.step = loaded[p].step;
    kept.skip = {};
    kept.master = loaded[p].master.defined() ? loaded[p].master.clone() : Tensor();
    kept.master_version.reset();
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      Tensor &tensor = kept.tensors[i].second, &value = loaded[p].tensors[i].second;
      if (value.defined() && has_layout_of(tensor, value)) tensor.copy_(value);  // recorded steps write to this memory
      else tensor = std::move(value);
    }
  }
  std::erase_if(state_of_, [&](const auto& entry) { return !given.contains(entry.first); });
}

}  // namespace reel::optim
