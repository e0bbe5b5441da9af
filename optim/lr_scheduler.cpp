// Learning-rate schedules.

#include <reel/optim/lr_scheduler.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/option.h>

namespace reel::optim {
using namespace detail;
namespace {

// Entries of a state, on the CPU, where they are needed.
constexpr TensorOptions kCount{.dtype = DType::i64, .device = Device::cpu()};
constexpr TensorOptions kNumber{.dtype = DType::f64, .device = Device::cpu()};

Tensor count(std::int64_t value) { return full({}, value, kCount); }
Tensor list(std::vector<double> values) {
  return from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, kNumber).clone();
}

/// Throws unless the state has exactly these keys.
void check_keys(std::string_view what, const StateDict& state, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto entry = state.find(std::string(key));
    check<ValueError>(entry != state.end() && entry->second.defined(), "{}: expected a state with \"{}\"", what, key);
  }
  for (const auto& [key, value] : state) {
    check<ValueError>(std::find(keys.begin(), keys.end(), key) != keys.end(),
                      "{}: expected nothing else in the state, got an unknown \"{}\"", what, key);
  }
}

/// An entry, which must have been saved with this shape and dtype.
const Tensor& entry_of(std::string_view what, const StateDict& state, const std::string& key, const Shape& shape,
                       DType dtype) {
  const Tensor& value = state.at(key);
  check<ShapeError>(value.shape() == shape, "{}: expected \"{}\" of shape {}, got {}", what, key, shape, value.shape());
  check<DTypeError>(value.dtype() == dtype, "{}: expected \"{}\" of dtype {}, got {}", what, key, dtype, value.dtype());
  return value;
}

/// A number of a state that counts something.
std::int64_t count_in(std::string_view what, const StateDict& state, const std::string& key) {
  const auto value = entry_of(what, state, key, {}, DType::i64).item<std::int64_t>();
  check<ValueError>(value >= 0, "{}: expected \"{}\" of at least 0, got {}", what, key, value);
  return value;
}

/// Learning rates of a state, one for each group.
std::vector<double> rates_in(const StateDict& state, const std::string& key, std::size_t groups) {
  const Shape shape{static_cast<std::int64_t>(groups)};
  const std::vector<double> rates = entry_of("LRScheduler", state, key, shape, DType::f64).to_vector<double>();
  for (const double rate : rates) check_option("LRScheduler", key, rate, kFiniteAtLeastZero);
  return rates;
}

/// Half a cosine from `high` at t = 0 to `low` at t = period, and back.
double cosine(double high, double low, std::int64_t t, std::int64_t period) {
  const double angle = std::numbers::pi * static_cast<double>(t) / static_cast<double>(period);
  return low + (high - low) * (1 + std::cos(angle)) / 2;
}

/// How much of `total` steps is over.
double share(std::int64_t t, std::int64_t total) {
  return static_cast<double>(std::min(t, total)) / static_cast<double>(total);
}

}  // namespace

LRScheduler::LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {
  for (std::size_t g = 0; g < optimizer.num_groups(); ++g) base_.push_back(optimizer.lr(g));
  rates_ = base_;
}

void LRScheduler::start() { go_to(0); }

void LRScheduler::go_to(std::int64_t t) {
  std::vector<double> rates;
  for (std::size_t g = 0; g < base_.size(); ++g) {
    rates.push_back(rate(base_[g], t, g));
    check_option("LRScheduler", "the learning rate", rates.back(), kFiniteAtLeastZero);
  }
  for (std::size_t g = 0; g < base_.size(); ++g) {
    if (const std::optional<double> m = momentum(t, g)) optimizer_.set_momentum(*m, g);
  }
  t_ = t;
  rates_ = std::move(rates);
  for (std::size_t g = 0; g < rates_.size(); ++g) optimizer_.set_lr(rates_[g], g);
}

void LRScheduler::step() { go_to(t_ + 1); }

StateDict LRScheduler::state_dict() const {
  return {{"last_epoch", count(t_)}, {"base_lr", list(base_)}, {"last_lr", list(rates_)}};
}

void LRScheduler::load_state_dict(const StateDict& state) {
  check_keys("LRScheduler", state, {"last_epoch", "base_lr", "last_lr"});
  std::vector<double> base = rates_in(state, "base_lr", base_.size());
  std::vector<double> rates = rates_in(state, "last_lr", base_.size());
  t_ = count_in("LRScheduler", state, "last_epoch");
  base_ = std::move(base);
  rates_ = std::move(rates);
}

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check_at_least("StepLR", "step_size", step_size, 1);
  check_option("StepLR", "gamma", gamma, kFiniteAtLeastZero);
  start();
}

double StepLR::rate(double base, std::int64_t t, std::size_t) const {
  return base *
         std::pow(gamma_, static_cast<double>(t / step_size_));  // NOLINT(bugprone-integer-division): whole periods
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : LRScheduler(optimizer), milestones_(std::move(milestones)), gamma_(gamma) {
  check<ValueError>(std::is_sorted(milestones_.begin(), milestones_.end()),
                    "MultiStepLR: expected milestones in increasing order, got {}", fmt::join(milestones_, ", "));
  if (!milestones_.empty()) check_at_least("MultiStepLR", "milestones", milestones_[0], 0);
  check_option("MultiStepLR", "gamma", gamma, kFiniteAtLeastZero);
  start();
}

double MultiStepLR::rate(double base, std::int64_t t, std::size_t) const {
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), t) - milestones_.begin();
  return base * std::pow(gamma_, static_cast<double>(passed));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma) : LRScheduler(optimizer), gamma_(gamma) {
  check_option("ExponentialLR", "gamma", gamma, kFiniteAtLeastZero);
  start();
}

double ExponentialLR::rate(double base, std::int64_t t, std::size_t) const {
  return base * std::pow(gamma_, static_cast<double>(t));
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min)
    : LRScheduler(optimizer), t_max_(t_max), eta_min_(eta_min) {
  check_at_least("CosineAnnealingLR", "t_max", t_max, 1);
  check_option("CosineAnnealingLR", "eta_min", eta_min, kFiniteAtLeastZero);
  start();
}

double CosineAnnealingLR::rate(double base, std::int64_t t, std::size_t) const {
  return cosine(base, eta_min_, t, t_max_);
}

CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t t_0, std::int64_t t_mult,
                                                         double eta_min)
    : LRScheduler(optimizer), t_0_(t_0), t_mult_(t_mult), eta_min_(eta_min) {
  check_at_least("CosineAnnealingWarmRestarts", "t_0", t_0, 1);
  check_at_least("CosineAnnealingWarmRestarts", "t_mult", t_mult, 1);
  check_option("CosineAnnealingWarmRestarts", "eta_min", eta_min, kFiniteAtLeastZero);
  start();
}

double CosineAnnealingWarmRestarts::rate(double base, std::int64_t t, std::size_t) const {
  if (t_mult_ == 1) return cosine(base, eta_min_, t % t_0_, t_0_);
  std::int64_t length = t_0_;
  while (t >= length) {
    t -= length;
    length *= t_mult_;
  }
  return cosine(base, eta_min_, t, length);
}

ConstantLR::ConstantLR(Optimizer& optimizer, double factor, std::int64_t total_iters)
    : LRScheduler(optimizer), factor_(factor), total_iters_(total_iters) {
  check_option("ConstantLR", "factor", factor, kFiniteAtLeastZero);
  check_at_least("ConstantLR", "total_iters", total_iters, 0);
  start();
}

double ConstantLR::rate(double base, std::int64_t t, std::size_t) const {
  return t < total_iters_ ? base * factor_ : base;
}

LinearLR::LinearLR(Optimizer& optimizer, double start_factor, double end_factor, std::int64_t total_iters)
    : LRScheduler(optimizer), start_factor_(start_factor), end_factor_(end_factor), total_iters_(total_iters) {
  check_option("LinearLR", "start_factor", start_factor, kFiniteAtLeastZero);
  check_option("LinearLR", "end_factor", end_factor, kFiniteAtLeastZero);
  check_at_least("LinearLR", "total_iters", total_iters, 1);
  start();
}

double LinearLR::rate(double base, std::int64_t t, std::size_t) const {
  return base * (start_factor_ + (end_factor_ - start_factor_) * share(t, total_iters_));
}

PolynomialLR::PolynomialLR(Optimizer& optimizer, std::int64_t total_iters, double power)
    : LRScheduler(optimizer), total_iters_(total_iters), power_(power) {
  check_at_least("PolynomialLR", "total_iters", total_iters, 1);
  check_option("PolynomialLR", "power", power, kFiniteAtLeastZero);
  start();
}

double PolynomialLR::rate(double base, std::int64_t t, std::size_t) const {
  return base * std::pow(1 - share(t, total_iters_), power_);
}

LambdaLR::LambdaLR(Optimizer& optimizer, const Factor& factor)
    : LambdaLR(optimizer, std::vector<Factor>(optimizer.num_groups(), factor)) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<Factor> factors)
    : LRScheduler(optimizer), factors_(std::move(factors)) {
  check<ValueError>(factors_.size() == optimizer.num_groups(),
                    "LambdaLR: expected {} functions, one for each group, got {}", optimizer.num_groups(),
                    factors_.size());
  for (const Factor& factor : factors_)
    check<ValueError>(static_cast<bool>(factor), "LambdaLR: expected functions that can be called, got an empty one");
  start();
}

double LambdaLR::rate(double base, std::int64_t t, std::size_t group) const { return base * factors_[group](t); }

InverseTimeLR::InverseTimeLR(Optimizer& optimizer, double a, double b) : LRScheduler(optimizer), a_(a), b_(b) {
  check_option("InverseTimeLR", "a", a, kPositive);
  check_option("InverseTimeLR", "b", b, kPositive);
  start();
}

double InverseTimeLR::rate(double, std::int64_t t, std::size_t) const { return a_ / (b_ + static_cast<double>(t)); }

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options)
    : optimizer_(optimizer),
      options_(options),
      best_(options.mode == ReduceLROnPlateauOptions::Mode::min ? std::numeric_limits<double>::infinity()
                                                                : -std::numeric_limits<double>::infinity()) {
  constexpr std::string_view op = "ReduceLROnPlateau";
  check_option(op, "factor", options.factor, kZeroToBelowOne);
  check_at_least(op, "patience", options.patience, 0);
  check_option(op, "threshold", options.threshold, kFiniteAtLeastZero);
  check_at_least(op, "cooldown", options.cooldown, 0);
  check_option(op, "min_lr", options.min_lr, kFiniteAtLeastZero);
  check_option(op, "eps", options.eps, kFiniteAtLeastZero);
}

bool ReduceLROnPlateau::improves(double metric) const {
  const bool falls = options_.mode == ReduceLROnPlateauOptions::Mode::min;
  if (std::isinf(best_)) return falls ? metric < best_ : metric > best_;  // nothing is a share of infinity
  const bool relative = options_.threshold_mode == ReduceLROnPlateauOptions::Threshold::relative;
  // A share of the best's absolute value: of a negative best, too, only what is better counts as an improvement.
  const double margin = relative ? std::abs(best_) * options_.threshold : options_.threshold;
  return falls ? metric < best_ - margin : metric > best_ + margin;
}

void ReduceLROnPlateau::reduce() {
  for (std::size_t g = 0; g < optimizer_.num_groups(); ++g) {
    const double lr = optimizer_.lr(g), reduced = std::max(lr * options_.factor, options_.min_lr);
    if (lr - reduced > options_.eps) optimizer_.set_lr(reduced, g);
  }
}

void ReduceLROnPlateau::step(double metric) {
  if (improves(metric)) {
    best_ = metric;
    bad_epochs_ = 0;
  } else {
    ++bad_epochs_;
  }
  if (cooldown_left_ > 0) {
    --cooldown_left_;
    bad_epochs_ = 0;
  }
  if (bad_epochs_ > options_.patience) {
    reduce();
    cooldown_left_ = options_.cooldown;
    bad_epochs_ = 0;
  }
}

StateDict ReduceLROnPlateau::state_dict() const {
  return {{"best", full({}, best_, kNumber)},
          {"num_bad_epochs", count(bad_epochs_)},
          {"cooldown_counter", count(cooldown_left_)}};
}

void ReduceLROnPlateau::load_state_dict(const StateDict& state) {
  check_keys("ReduceLROnPlateau", state, {"best", "num_bad_epochs", "cooldown_counter"});
  const double best = entry_of("ReduceLROnPlateau", state, "best", {}, DType::f64).item();
  check_option("ReduceLROnPlateau", "best", best, kNotNan);
  const std::int64_t bad_epochs = count_in("ReduceLROnPlateau", state, "num_bad_epochs");
  cooldown_left_ = count_in("ReduceLROnPlateau", state, "cooldown_counter");
  best_ = best;
  bad_epochs_ = bad_epochs;
}

}  // namespace reel::optim
