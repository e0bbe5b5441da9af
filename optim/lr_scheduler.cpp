// Learning-rate schedules.

#include <reel/optim/lr_scheduler.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/ops/view.h>

namespace reel::optim {
namespace {

// Entries of a state, on the CPU, where they are needed.
constexpr TensorOptions kCount{.dtype = DType::i64, .device = Device::cpu()};
constexpr TensorOptions kNumber{.dtype = DType::f64, .device = Device::cpu()};

Tensor count(std::int64_t value) { return full({}, value, kCount); }
Tensor list(std::vector<double> values) {
  return from_blob(values.data(), {static_cast<std::int64_t>(values.size())}, kNumber).clone();
}

/// The entry of a state that must have exactly the given keys.
void check_keys(std::string_view what, const StateDict& state, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto entry = state.find(std::string(key));
    check<ValueError>(entry != state.end() && entry->second.defined(), "{}: the state has no \"{}\"", what, key);
  }
  for (const auto& [key, value] : state) {
    check<ValueError>(std::find(keys.begin(), keys.end(), key) != keys.end(), "{}: the state has an unknown \"{}\"",
                      what, key);
  }
}

/// A number of a state that counts something.
std::int64_t count_in(std::string_view what, const StateDict& state, const std::string& key) {
  const auto value = state.at(key).item<std::int64_t>();
  check<ValueError>(value >= 0, "{}: \"{}\" must be at least 0, got {}", what, key, value);
  return value;
}

}  // namespace

LRScheduler::LRScheduler(Optimizer& optimizer) : optimizer_(optimizer) {
  for (std::size_t g = 0; g < optimizer.num_groups(); ++g) base_.push_back(optimizer.lr(g));
  rates_ = base_;
}

void LRScheduler::start() { go_to(0); }

void LRScheduler::go_to(std::int64_t t) {
  std::vector<double> rates;
  for (std::size_t g = 0; g < base_.size(); ++g) rates.push_back(rate(base_[g], t, g));
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
  std::vector<double> base = state.at("base_lr").to_vector<double>();
  std::vector<double> rates = state.at("last_lr").to_vector<double>();
  for (const auto* list : {&base, &rates}) {
    check<ValueError>(list->size() == base_.size(), "LRScheduler: the state has {} groups, the optimizer {}",
                      list->size(), base_.size());
  }
  t_ = count_in("LRScheduler", state, "last_epoch");
  base_ = std::move(base);
  rates_ = std::move(rates);
}

StepLR::StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma)
    : LRScheduler(optimizer), step_size_(step_size), gamma_(gamma) {
  check<ValueError>(step_size > 0, "StepLR: step_size must be positive, got {}", step_size);
  start();
}

double StepLR::rate(double base, std::int64_t t, std::size_t) const {
  return base *
         std::pow(gamma_, static_cast<double>(t / step_size_));  // NOLINT(bugprone-integer-division): whole periods
}

MultiStepLR::MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma)
    : LRScheduler(optimizer), milestones_(std::move(milestones)), gamma_(gamma) {
  check<ValueError>(std::is_sorted(milestones_.begin(), milestones_.end()),
                    "MultiStepLR: the milestones must be in increasing order");
  start();
}

double MultiStepLR::rate(double base, std::int64_t t, std::size_t) const {
  const auto passed = std::upper_bound(milestones_.begin(), milestones_.end(), t) - milestones_.begin();
  return base * std::pow(gamma_, static_cast<double>(passed));
}

ExponentialLR::ExponentialLR(Optimizer& optimizer, double gamma) : LRScheduler(optimizer), gamma_(gamma) { start(); }

double ExponentialLR::rate(double base, std::int64_t t, std::size_t) const {
  return base * std::pow(gamma_, static_cast<double>(t));
}

CosineAnnealingLR::CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min)
    : LRScheduler(optimizer), t_max_(t_max), eta_min_(eta_min) {
  check<ValueError>(t_max > 0, "CosineAnnealingLR: t_max must be positive, got {}", t_max);
  start();
}

double CosineAnnealingLR::rate(double base, std::int64_t t, std::size_t) const {
  const double angle = std::numbers::pi * static_cast<double>(t) / static_cast<double>(t_max_);
  return eta_min_ + (base - eta_min_) * (1 + std::cos(angle)) / 2;
}

LambdaLR::LambdaLR(Optimizer& optimizer, const Factor& factor)
    : LambdaLR(optimizer, std::vector<Factor>(optimizer.num_groups(), factor)) {}

LambdaLR::LambdaLR(Optimizer& optimizer, std::vector<Factor> factors)
    : LRScheduler(optimizer), factors_(std::move(factors)) {
  check<ValueError>(factors_.size() == optimizer.num_groups(), "LambdaLR: {} functions for {} groups", factors_.size(),
                    optimizer.num_groups());
  for (const Factor& factor : factors_) check<ValueError>(static_cast<bool>(factor), "LambdaLR: an empty function");
  start();
}

double LambdaLR::rate(double base, std::int64_t t, std::size_t group) const { return base * factors_[group](t); }

InverseTimeLR::InverseTimeLR(Optimizer& optimizer, double a, double b) : LRScheduler(optimizer), a_(a), b_(b) {
  check<ValueError>(a > 0, "InverseTimeLR: a must be positive, got {}", a);
  check<ValueError>(b > 0, "InverseTimeLR: b must be positive, got {}", b);
  start();
}

double InverseTimeLR::rate(double, std::int64_t t, std::size_t) const { return a_ / (b_ + static_cast<double>(t)); }

ReduceLROnPlateau::ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options)
    : optimizer_(optimizer),
      options_(options),
      best_(options.mode == ReduceLROnPlateauOptions::Mode::min ? std::numeric_limits<double>::infinity()
                                                                : -std::numeric_limits<double>::infinity()) {
  check<ValueError>(options.factor > 0 && options.factor < 1, "ReduceLROnPlateau: factor must be in (0, 1), got {}",
                    options.factor);
  check<ValueError>(options.patience >= 0, "ReduceLROnPlateau: patience must be at least 0, got {}", options.patience);
}

bool ReduceLROnPlateau::improves(double metric) const {
  const bool relative = options_.threshold_mode == ReduceLROnPlateauOptions::Threshold::relative;
  const double threshold = options_.threshold;
  if (options_.mode == ReduceLROnPlateauOptions::Mode::min) {
    return metric < (relative ? best_ * (1 - threshold) : best_ - threshold);
  }
  return metric > (relative ? best_ * (1 + threshold) : best_ + threshold);
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
  const double best = state.at("best").item();
  const std::int64_t bad_epochs = count_in("ReduceLROnPlateau", state, "num_bad_epochs");
  cooldown_left_ = count_in("ReduceLROnPlateau", state, "cooldown_counter");
  best_ = best;
  bad_epochs_ = bad_epochs;
}

}  // namespace reel::optim
