// The scale of losses in f16 computations.

#include <reel/optim/grad_scaler.h>

#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/saved_state.h>
#include <reel/tensor/core/cuda_graph.h>

namespace reel::optim {
namespace {

constexpr std::string_view kName = "GradScaler";

Tensor scalar(double value, Device device) { return full({}, value, {.dtype = DType::f32, .device = device}); }

/// 0 if all elements are finite, else 1, as an f32 scalar. x * 0 is 0 or NaN, and so is the sum.
Tensor not_finite(const Tensor& x) { return ne(sum(x * 0).to(DType::f32), 0).to(DType::f32); }

}  // namespace

GradScaler::GradScaler(const GradScalerOptions& options, Device device)
    : options_(options), scale_(scalar(options.init_scale, device)), growth_tracker_(scalar(0, device)) {
  detail::check_option(kName, "init_scale", options.init_scale, detail::kPositive);
  detail::check_option(kName, "growth_factor", options.growth_factor, {1, detail::kInfinite, true, true});
  detail::check_option(kName, "backoff_factor", options.backoff_factor, {0, 1, true, true});
  detail::check_at_least(kName, "growth_interval", options.growth_interval, 1);
}

Tensor GradScaler::scale(const Tensor& loss) const {
  if (!options_.enabled) return loss;
  return loss * scale_.to(loss.device(), loss.dtype());
}

void GradScaler::unscale_(const Optimizer& optimizer) {
  if (!options_.enabled) return;
  const auto known = unscaled_.find(&optimizer);
  check<ValueError>(known == unscaled_.end(),
                    "{}: unscale_: expected one call for {} in each step, got {}; call update", kName, optimizer.name(),
                    known != unscaled_.end() && known->second.stepped ? "one after its step" : "a second one");
  const NoGradGuard guard;
  Tensor found_inf = scalar(0, scale_.device());
  for (std::size_t g = 0; g < optimizer.num_groups(); ++g) {
    for (const Tensor& param : optimizer.params(g)) {
      const Tensor grad = param.grad();
      if (!grad.defined()) continue;
      const Tensor inverse = 1 / scale_.to(grad.device());
      if (kHalf.contains(grad.dtype())) grad.copy_(grad.to(DType::f32) * inverse);
      else grad.mul_(inverse.to(grad.dtype()));
      found_inf = maximum(found_inf, not_finite(grad).to(found_inf.device()));
    }
  }
  unscaled_.emplace(&optimizer, Unscaled{found_inf, false});
}

bool GradScaler::step(Optimizer& optimizer) {
  if (!options_.enabled) {
    optimizer.step();
    return true;
  }
  if (!unscaled_.contains(&optimizer)) unscale_(optimizer);
  Unscaled& known = unscaled_.at(&optimizer);
  check<ValueError>(!known.stepped, "{}: step: expected one call for {} in each step, got a second one; call update",
                    kName, optimizer.name());
  const bool steps = cuda::is_capturing() || known.found_inf.item() == 0;
  if (cuda::is_capturing()) optimizer.step_unless(known.found_inf);
  else if (steps) optimizer.step();
  known.stepped = true;
  return steps;
}

void GradScaler::update() {
  if (!options_.enabled) return;
  check<ValueError>(!unscaled_.empty(), "{}: update: expected unscale_ or step since the last update, got neither",
                    kName);
  const NoGradGuard guard;
  Tensor found_inf = scalar(0, scale_.device());
  for (const auto& [optimizer, known] : unscaled_) found_inf = maximum(found_inf, known.found_inf);
  const Tensor overflowed = found_inf != 0, count = growth_tracker_ + 1;
  const Tensor grows = count >= static_cast<double>(options_.growth_interval);
  const Tensor larger = scale_ * options_.growth_factor;
  const Tensor grown = where(grows, where(isinf(larger), scale_, larger), scale_);
  scale_.copy_(where(overflowed, scale_ * options_.backoff_factor, grown));
  growth_tracker_.copy_(where(logical_or(overflowed, grows), zeros_like(count), count));
  unscaled_.clear();
}

double GradScaler::get_scale() const { return options_.enabled ? scale_.item() : 1; }

void GradScaler::set_scale(double scale) {
  detail::check_option(kName, "the scale", scale, detail::kPositive);
  const NoGradGuard guard;
  scale_.fill_(scale);
}

StateDict GradScaler::state_dict() const {
  return {{"scale", scale_.to(Device::cpu())}, {"growth_tracker", growth_tracker_.to(Device::cpu())}};
}

void GradScaler::load_state_dict(const StateDict& state) {
  StateDict rest = state;
  const double scale = take_number(kName, rest, "scale", DType::f32).to<double>();
  const double tracker = take_number(kName, rest, "growth_tracker", DType::f32).to<double>();
  check<ValueError>(rest.empty(), "{}: expected nothing else in the state, got an unknown \"{}\"", kName,
                    rest.empty() ? "" : rest.begin()->first);
  detail::check_option(kName, "scale", scale, detail::kPositive);
  detail::check_option(kName, "growth_tracker", tracker, detail::kFiniteAtLeastZero);
  const NoGradGuard guard;
  scale_.fill_(scale);
  growth_tracker_.fill_(tracker);
}

}  // namespace reel::optim
