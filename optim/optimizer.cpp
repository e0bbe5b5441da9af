#include <reel/optim/optimizer.h>

#include <algorithm>

#include <reel/autograd/engine.h>
#include <reel/autograd/grad_mode.h>
#include <reel/ops/dim_block.h>
#include <reel/ops/ops.h>

namespace reel::optim {
namespace {

/// A copy of `source` in the layout, dtype and place of `like`.
Tensor copy_like(const Tensor& source, const Tensor& like) {
  const Tensor copy = empty_like(like);
  copy.copy_(source.to(like.device()));
  return copy;
}

bool same_place(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.device() == b.device() && same_layout(a.shape(), a.strides(), b.strides());
}

Tensor number(double value) { return full({}, value, {.dtype = DType::f64}); }

}  // namespace

void Optimizer::require(bool ok, std::string_view option, std::string_view expected, double value) const {
  check<ValueError>(ok, "{}: {} must be {}, got {}", name_, option, expected, value);
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

void Optimizer::check_params() const {
  std::vector<std::pair<const TensorImpl*, std::size_t>> seen;  // sorted, to find what is there twice: every step does
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const Tensor& param : group_params(g)) {
      const std::size_t number = seen.size();
      check<ValueError>(param.defined(), "{}: parameter {} is an undefined tensor", name_, number);
      check<DTypeError>(kFloating.contains(param.dtype()), "{}: parameter {} has dtype {}, expected {}", name_, number,
                        param.dtype(), kFloating);
      check<ValueError>(param.is_leaf(), "{}: parameter {} of shape {} is no leaf of the tape", name_, number,
                        param.shape());
      seen.emplace_back(param.impl(), number);
    }
  }
  check<ValueError>(!seen.empty(), "{}: no parameters were given", name_);
  std::sort(seen.begin(), seen.end());
  for (std::size_t i = 1; i < seen.size(); ++i) {
    check<ValueError>(seen[i].first != seen[i - 1].first, "{}: parameter {} of shape {} is given twice", name_,
                      seen[i].second, seen[i].first->shape);
  }
}

void Optimizer::ensure(Job& job, std::size_t i, double value) const {
  Tensor& buffer = job.state.buffers[i];
  if (!buffer.defined()) buffer = full_like(job.param, value);
  else if (!same_place(buffer, job.param)) buffer = copy_like(buffer, job.param);
}

Optimizer::Job Optimizer::make_job(std::size_t group, const Tensor& param, const Tensor& grad) {
  check<ValueError>(is_dense(param.shape(), param.strides()),
                    "{}: a parameter of shape {} with strides {} has gaps or overlaps in memory; clone it first", name_,
                    param.shape(), param.strides());
  check<DTypeError>(grad.dtype() == param.dtype(), "{}: a parameter of shape {} is {}, its gradient {}", name_,
                    param.shape(), param.dtype(), grad.dtype());
  check<DeviceError>(grad.device() == param.device(), "{}: a parameter of shape {} is on {}, its gradient on {}", name_,
                     param.shape(), param.device(), grad.device());
  if (!state_.contains(param.impl())) owners_.push_back(param);
  ParamState& slot = state_[param.impl()];
  Job job{group, param, with_strides(grad, param.strides()), slot, &slot};
  ++job.state.step;
  prepare(job);
  return job;
}

void Optimizer::step() {
  const NoGradGuard guard;
  check_params();
  std::vector<Job> jobs;
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    for (const Tensor& param : group_params(g)) {
      if (const Tensor grad = param.grad(); grad.defined()) jobs.push_back(make_job(g, param, grad));
    }
  }
  // From here on nothing can fail.
  for (Job& job : jobs) {
    update(job);
    job.param.bump_version();
    *job.slot = std::move(job.state);
  }
}

void Optimizer::zero_grad(bool set_to_none) const {
  for (std::size_t g = 0; g < group_count(); ++g) reel::zero_grad(group_params(g), set_to_none);
}

StateDict Optimizer::state_dict() const {
  StateDict out;
  std::size_t n = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    for (const auto& [option, value] : option_values(g)) {
      out["group." + std::to_string(g) + "." + option] = number(value);
    }
    for (const Tensor& param : group_params(g)) {
      const std::string prefix = "state." + std::to_string(n++) + ".";
      const auto entry = state_.find(param.impl());
      if (entry == state_.end() || entry->second.step == 0) continue;
      out[prefix + "step"] = full({}, entry->second.step, {.dtype = DType::i64});
      for (std::size_t i = 0; i < buffers_.size(); ++i) {
        const Tensor& buffer = entry->second.buffers[i];
        if (buffer.defined()) out[prefix + std::string(buffers_[i].name)] = buffer;
      }
    }
  }
  return out;
}

ParamState Optimizer::load_param(const StateDict& state, std::size_t number, const Tensor& param,
                                 std::vector<std::string>& known) const {
  const std::string prefix = "state." + std::to_string(number) + ".";
  const auto find = [&](std::string_view key) {
    const auto entry = state.find(prefix + std::string(key));
    if (entry == state.end()) return Tensor();
    known.push_back(entry->first);
    return entry->second;
  };
  ParamState out;
  const Tensor step = find("step");
  if (!step.defined()) return out;
  out.step = step.item<std::int64_t>();
  check<ValueError>(out.step >= 0, "{}: \"{}step\" must be at least 0, got {}", name_, prefix, out.step);
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const Tensor buffer = find(buffers_[i].name);
    if (!buffer.defined()) {
      check<ValueError>(!buffers_[i].always, "{}: the state has no \"{}{}\"", name_, prefix, buffers_[i].name);
      continue;
    }
    check<ShapeError>(buffer.shape() == param.shape(), "{}: \"{}{}\" has shape {}, the parameter {}", name_, prefix,
                      buffers_[i].name, buffer.shape(), param.shape());
    out.buffers[i] = copy_like(buffer, param);
  }
  return out;
}

void Optimizer::load_state_dict(const StateDict& state) {
  const NoGradGuard guard;
  check_params();
  std::vector<std::string> known;
  std::vector<OptionValues> former, loaded;
  std::unordered_map<const TensorImpl*, ParamState> params;
  std::vector<Tensor> owners;
  std::size_t n = 0;
  for (std::size_t g = 0; g < group_count(); ++g) {
    former.push_back(option_values(g));
    loaded.push_back(former.back());
    for (auto& [option, value] : loaded.back()) {
      const std::string key = "group." + std::to_string(g) + "." + option;
      const auto entry = state.find(key);
      check<ValueError>(entry != state.end(), "{}: the state has no \"{}\"", name_, key);
      value = entry->second.item();
      known.push_back(key);
    }
    for (const Tensor& param : group_params(g)) {
      ParamState own = load_param(state, n++, param, known);
      if (own.step == 0) continue;
      owners.push_back(param);
      params.emplace(param.impl(), std::move(own));
    }
  }
  std::sort(known.begin(), known.end());
  for (const auto& [key, value] : state) {
    check<ValueError>(std::binary_search(known.begin(), known.end(), key), "{}: the state has an unknown \"{}\"", name_,
                      key);
  }
  const auto set_all = [&](const std::vector<OptionValues>& values) {
    for (std::size_t g = 0; g < group_count(); ++g) set_option_values(g, values[g]);
  };
  set_all(loaded);
  try {
    for (std::size_t g = 0; g < group_count(); ++g) check_options(g);
  } catch (...) {
    set_all(former);
    throw;
  }
  state_ = std::move(params);
  owners_ = std::move(owners);
}

}  // namespace reel::optim
