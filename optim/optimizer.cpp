#include <reel/optim/optimizer.h>

#include <algorithm>
#include <bit>
#include <span>

#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/optim.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/ops.h>
#include <reel/tensor/core/cuda_graph.h>

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
  check<DeviceError>(buffer.defined() || !cuda::is_capturing(),
                     "{}: the first step of a parameter makes its state, which cannot be part of a recorded step; take "
                     "a step before the capture",
                     name_);
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
  const Moment moment{group, slot.step + 1, !slot.buffers[0].defined(), param.device()};
  Job job{moment, param, detail::with_strides(grad, param.strides()), slot, &slot};
  ++job.state.step;
  prepare(job);
  return job;
}

/// The jobs of one moment and dtype, and the memory that they are about.
struct Optimizer::Batch {
  Moment moment;
  DType dtype;
  std::vector<Job> jobs;
  std::vector<kernels::ParamArrays> params;

  void add(Job job) {
    kernels::ParamArrays arrays{job.param.numel(), job.param.data(), job.grad.data(), {}};
    for (std::size_t i = 0; i < arrays.buffers.size(); ++i) {
      if (job.state.buffers[i].defined()) arrays.buffers[i] = job.state.buffers[i].data();
    }
    params.push_back(arrays);
    jobs.push_back(std::move(job));
  }
};

/// The numbers of a step that is being recorded, in the graph's memory. Each replay is another step of the parameters.
const double* Optimizer::refreshed_numbers(const Batch& batch, const kernels::StepNumbers& now) {
  std::vector<const TensorImpl*> params;
  for (const Job& job : batch.jobs) params.push_back(job.param.impl());
  const auto words = std::bit_cast<std::array<std::uint64_t, 3>>(now.value);
  const auto refresh = [this, moment = batch.moment, params = std::move(params)](std::span<std::uint64_t> out) mutable {
    for (const TensorImpl* param : params) moment.step = ++state_.at(param).step;
    std::ranges::copy(std::bit_cast<std::array<std::uint64_t, 3>>(numbers(moment).value), out.begin());
  };
  return reinterpret_cast<const double*>(cuda::step_values(words, refresh));
}

void Optimizer::step() {
  const NoGradGuard guard;
  check_params();
  std::vector<Batch> batches;  // few: parameters rarely miss a step
  for (std::size_t g = 0; g < group_count(); ++g) {
    check_options(g);
    for (const Tensor& param : group_params(g)) {
      const Tensor grad = param.grad();
      if (!grad.defined()) continue;
      Job job = make_job(g, param, grad);
      auto batch = std::find_if(batches.begin(), batches.end(),
                                [&](const Batch& b) { return b.moment == job.moment && b.dtype == param.dtype(); });
      if (batch == batches.end()) batch = batches.insert(batch, {job.moment, param.dtype(), {}, {}});
      batch->add(std::move(job));
    }
  }
  // From here on nothing can fail.
  for (Batch& batch : batches) {
    kernels::StepNumbers now = numbers(batch.moment);
    if (batch.moment.device.is_cuda() && cuda::is_capturing()) now.device = refreshed_numbers(batch, now);
    update(batch.moment, {batch.dtype, batch.params, now});
    for (Job& job : batch.jobs) {
      job.param.bump_version();
      *job.slot = std::move(job.state);
    }
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
