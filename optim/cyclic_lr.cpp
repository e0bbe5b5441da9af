// Schedules that let the learning rate rise and fall.

#include <reel/optim/cyclic_lr.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <reel/tensor/core/option.h>

namespace reel::optim {
using namespace detail;
namespace {

/// The value after a share of the way.
double anneal(AnnealStrategy strategy, double from, double to, double share) {
  if (strategy == AnnealStrategy::linear) return from + (to - from) * share;
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

/// Throws unless every group has a momentum, and the two values make sense.
void check_momentum(std::string_view op, const Optimizer& optimizer, double base, double max) {
  check_option(op, "base_momentum", base, kZeroToOne);
  check_option(op, "max_momentum", max, kZeroToOne);
  for (std::size_t g = 0; g < optimizer.num_groups(); ++g) {
    check<ValueError>(optimizer.momentum(g).has_value(),
                      "{}: expected an optimizer with a momentum or betas, got {}; set .cycle_momentum = false", op,
                      optimizer.name());
  }
}

/// The value in step t of what begins as the first value, reaches the second after the rise, the third after the fall,
/// and the fourth at the end. Without three phases the fall lasts until the end, and leads to the fourth.
double one_cycle(const OneCycleLROptions& o, std::int64_t total_steps, std::int64_t t, std::array<double, 4> values) {
  check<ValueError>(t <= total_steps, "OneCycleLR: expected at most {} steps, got another one", total_steps);
  const double rise = o.pct_start * static_cast<double>(total_steps), last = static_cast<double>(total_steps - 1);
  const std::array<double, 4> ends{0, rise - 1, o.three_phase ? 2 * rise - 2 : last, last};
  if (!o.three_phase) values[2] = values[3];
  const double step = std::min(static_cast<double>(t), last);
  std::size_t phase = 1;
  while (phase < 3 && step > ends[phase]) ++phase;
  const double begin = ends[phase - 1], length = ends[phase] - begin;
  return anneal(o.anneal_strategy, values[phase - 1], values[phase], length > 0 ? (step - begin) / length : 1);
}

}  // namespace

OneCycleLR::OneCycleLR(Optimizer& optimizer, double max_lr, std::int64_t total_steps, const OneCycleLROptions& options)
    : OneCycleLR(optimizer, std::vector<double>(optimizer.num_groups(), max_lr), total_steps, options) {}

OneCycleLR::OneCycleLR(Optimizer& optimizer, std::vector<double> max_lr, std::int64_t total_steps,
                       const OneCycleLROptions& options)
    : LRScheduler(optimizer), max_lr_(std::move(max_lr)), total_steps_(total_steps), options_(options) {
  constexpr std::string_view op = "OneCycleLR";
  check<ValueError>(max_lr_.size() == optimizer.num_groups(), "{}: expected {} rates, one for each group, got {}", op,
                    optimizer.num_groups(), max_lr_.size());
  for (const double highest : max_lr_) check_option(op, "max_lr", highest, kFiniteAtLeastZero);
  check_at_least(op, "total_steps", total_steps, 1);
  check_option(op, "pct_start", options.pct_start, kZeroToOne);
  check_option(op, "div_factor", options.div_factor, kPositive);
  check_option(op, "final_div_factor", options.final_div_factor, kPositive);
  if (options.cycle_momentum) check_momentum(op, optimizer, options.base_momentum, options.max_momentum);
  start();
}

double OneCycleLR::rate(double, std::int64_t t, std::size_t group) const {
  const double highest = max_lr_[group], first = highest / options_.div_factor;
  return one_cycle(options_, total_steps_, t, {first, highest, first, first / options_.final_div_factor});
}

std::optional<double> OneCycleLR::momentum(std::int64_t t, std::size_t) const {
  if (!options_.cycle_momentum) return std::nullopt;
  return one_cycle(options_, total_steps_, t,
                   {options_.max_momentum, options_.base_momentum, options_.max_momentum, options_.max_momentum});
}

CyclicLR::CyclicLR(Optimizer& optimizer, double base_lr, double max_lr, const CyclicLROptions& options)
    : LRScheduler(optimizer), base_lr_(base_lr), max_lr_(max_lr), options_(options) {
  constexpr std::string_view op = "CyclicLR";
  check_option(op, "base_lr", base_lr, kFiniteAtLeastZero);
  check_option(op, "max_lr", max_lr, kFiniteAtLeastZero);
  check_at_least(op, "step_size_up", options.step_size_up, 1);
  check_at_least(op, "step_size_down", options.step_size_down.value_or(options.step_size_up), 1);
  check_option(op, "gamma", options.gamma, kFiniteAtLeastZero);
  if (options.cycle_momentum) check_momentum(op, optimizer, options.base_momentum, options.max_momentum);
  start();
}

/// Where the triangle stands in step t, 1 at its top, times its amplitude.
double CyclicLR::height(std::int64_t t) const {
  const std::int64_t up = options_.step_size_up, total = up + options_.step_size_down.value_or(up);
  const std::int64_t cycles = t / total;
  const double step = static_cast<double>(t % total);
  const double top = static_cast<double>(up), period = static_cast<double>(total);
  const double triangle = step <= top ? step / top : (period - step) / (period - top);
  switch (options_.mode) {
    case CyclicLROptions::Mode::triangular:
      return triangle;
    case CyclicLROptions::Mode::triangular2:
      return triangle * std::exp2(-static_cast<double>(cycles));
    case CyclicLROptions::Mode::exp_range:
      return triangle * std::pow(options_.gamma, static_cast<double>(t));
  }
  return triangle;
}

double CyclicLR::rate(double, std::int64_t t, std::size_t) const { return base_lr_ + (max_lr_ - base_lr_) * height(t); }

std::optional<double> CyclicLR::momentum(std::int64_t t, std::size_t) const {
  if (!options_.cycle_momentum) return std::nullopt;
  return options_.max_momentum - (options_.max_momentum - options_.base_momentum) * height(t);
}

SWALR::SWALR(Optimizer& optimizer, double swa_lr, std::int64_t anneal_epochs, AnnealStrategy anneal_strategy)
    : LRScheduler(optimizer), swa_lr_(swa_lr), anneal_epochs_(anneal_epochs), anneal_strategy_(anneal_strategy) {
  check_option("SWALR", "swa_lr", swa_lr, kFiniteAtLeastZero);
  check_at_least("SWALR", "anneal_epochs", anneal_epochs, 0);
  start();
}

double SWALR::rate(double base, std::int64_t t, std::size_t) const {
  if (t >= anneal_epochs_) return swa_lr_;
  return anneal(anneal_strategy_, base, swa_lr_, static_cast<double>(t) / static_cast<double>(anneal_epochs_));
}

}  // namespace reel::optim
