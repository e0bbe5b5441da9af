// Averages of parameters over the steps of a training.

#include <reel/optim/parameter_average.h>

#include <string>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/optim/saved_state.h>
#include <reel/tensor/core/option.h>

namespace reel::optim {
namespace {

constexpr std::string_view kName = "ParameterAverage";

std::string average_key(std::size_t number) { return "average." + std::to_string(number); }
std::string set_aside_key(std::size_t number) { return "set_aside." + std::to_string(number); }

Tensor count(std::int64_t value) { return full({}, value, {.dtype = DType::i64, .device = Device::cpu()}); }

}  // namespace

ParameterAverage::ParameterAverage(Tensors params, const ParameterAverageOptions& options)
    : params_(std::move(params)), options_(options) {
  if (options.decay) detail::check_option(kName, "decay", *options.decay, detail::kZeroToBelowOne);
  check<ValueError>(!params_.empty(), "{}: expected at least one tensor, got none", kName);
  for (const Tensor& param : params_) {
    check<ValueError>(param.defined(), "{}: expected tensors, got an undefined one", kName);
    check<DTypeError>(kFloating.contains(param.dtype()), "{}: expected dtype {}, got {}", kName, kFloating,
                      param.dtype());
    averages_.push_back(kHalf.contains(param.dtype()) ? param.detach().to(DType::f32) : param.detach().clone());
  }
}

void ParameterAverage::update() {
  check<ValueError>(set_aside_.empty(), "{}: update: the parameters hold the averages; swap them back first", kName);
  const NoGradGuard guard;
  // Each is a * average + b * parameter; the first update has a = 0.
  const double keep = n_averaged_ == 0 ? 0
                      : options_.decay ? *options_.decay
                                       : static_cast<double>(n_averaged_) / static_cast<double>(n_averaged_ + 1);
  for (std::size_t i = 0; i < params_.size(); ++i) {
    if (keep == 0) averages_[i].copy_(params_[i]);
    else averages_[i].mul_(keep).add_(params_[i].detach().to(averages_[i].dtype()), 1 - keep);
  }
  ++n_averaged_;
}

void ParameterAverage::swap() {
  const NoGradGuard guard;
  Tensors present;
  if (set_aside_.empty()) {
    for (const Tensor& param : params_) present.push_back(param.detach().clone());
  }
  const Tensors& shown = set_aside_.empty() ? averages_ : set_aside_;
  for (std::size_t i = 0; i < params_.size(); ++i) params_[i].copy_(shown[i]);
  set_aside_ = std::move(present);
}

void ParameterAverage::copy_to(const Tensors& params) const {
  const NoGradGuard guard;
  check<ValueError>(params.size() == averages_.size(), "{}: copy_to: expected {} tensors, got {}", kName,
                    averages_.size(), params.size());
  for (std::size_t i = 0; i < params.size(); ++i) {
    check<ShapeError>(params[i].shape() == averages_[i].shape(), "{}: copy_to: expected tensor {} of shape {}, got {}",
                      kName, i, averages_[i].shape(), params[i].shape());
  }
  for (std::size_t i = 0; i < params.size(); ++i) params[i].copy_(averages_[i]);
}

StateDict ParameterAverage::state_dict() const {
  StateDict state{{"n_averaged", count(n_averaged_)}, {"is_swapped", count(!set_aside_.empty())}};
  for (std::size_t i = 0; i < averages_.size(); ++i) state[average_key(i)] = averages_[i];
  for (std::size_t i = 0; i < set_aside_.size(); ++i) state[set_aside_key(i)] = set_aside_[i];
  return state;
}

void ParameterAverage::load_state_dict(const StateDict& state) {
  const NoGradGuard guard;
  StateDict rest = state;
  const auto updates = take_number(kName, rest, "n_averaged", DType::i64).to<std::int64_t>();
  const auto swapped = take_number(kName, rest, "is_swapped", DType::i64).to<std::int64_t>();
  check<ValueError>(updates >= 0, "{}: expected \"n_averaged\" of at least 0, got {}", kName, updates);
  check<ValueError>(swapped == 0 || swapped == 1, "{}: expected \"is_swapped\" of 0 or 1, got {}", kName, swapped);
  Tensors loaded, set_aside;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    const Shape& shape = averages_[i].shape();
    loaded.push_back(take_tensor(kName, rest, average_key(i), shape));
    if (swapped == 0) continue;
    const Tensor saved = take_tensor(kName, rest, set_aside_key(i), shape);
    set_aside.push_back(saved.to(params_[i].device(), params_[i].dtype()).clone());
  }
  check<ValueError>(rest.empty(), "{}: expected the averages of {} tensors, got an unknown \"{}\"", kName,
                    averages_.size(), rest.empty() ? "" : rest.begin()->first);
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_(loaded[i].to(averages_[i].device()));
  n_averaged_ = updates;
  set_aside_ = std::move(set_aside);
}

}  // namespace reel::optim
