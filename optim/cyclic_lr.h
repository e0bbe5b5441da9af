#pragma once

#include <reel/optim/lr_scheduler.h>

/// Schedules that let the learning rate rise and fall, and the momentum fall and rise against it.
namespace reel::optim {

/// How a number goes from one value to another.
enum class AnnealStrategy : std::uint8_t { cos, linear };

/// The options of OneCycleLR, with PyTorch's defaults.
struct OneCycleLROptions {
  double pct_start = 0.3;                                ///< The share of the steps in which the rate rises.
  AnnealStrategy anneal_strategy = AnnealStrategy::cos;  ///< How it rises and falls.
  bool cycle_momentum = true;                            ///< Whether the momentum (or Adam's first beta) goes along.
  double base_momentum = 0.85;                           ///< The momentum where the rate is highest,
  double max_momentum = 0.95;                            ///< and where it is lowest.
  double div_factor = 25;                                ///< The first rate is max_lr / div_factor,
  double final_div_factor = 1e4;                         ///< the last is that / final_div_factor.
  bool three_phase = false;                              ///< Falls to the first rate as it has risen, then to the last.
};

/// The 1cycle policy (Smith and Topin 2017), whatever the rate was before: up to `max_lr` in the first steps, down to
/// nearly nothing in the others. It is stepped after each of `total_steps` iterations; a step beyond them is a
/// ValueError.
class OneCycleLR final : public LRScheduler {
 public:
  /// One highest rate for all groups, or one for each. A ValueError for `cycle_momentum` if the optimizer has none.
  OneCycleLR(Optimizer& optimizer, double max_lr, std::int64_t total_steps, const OneCycleLROptions& options = {});
  OneCycleLR(Optimizer& optimizer, std::vector<double> max_lr, std::int64_t total_steps,
             const OneCycleLROptions& options = {});

 private:
  double rate(double base, std::int64_t t, std::size_t group) const override;
  std::optional<double> momentum(std::int64_t t, std::size_t group) const override;

  std::vector<double> max_lr_;
  std::int64_t total_steps_;
  OneCycleLROptions options_;
};

/// The options of CyclicLR, with PyTorch's defaults.
struct CyclicLROptions {
  /// What becomes of the amplitude: it stays, is halved with each cycle, or is multiplied with gamma in each step.
  enum class Mode : std::uint8_t { triangular, triangular2, exp_range };

  std::int64_t step_size_up = 2000;                           ///< The steps in which the rate rises,
  std::optional<std::int64_t> step_size_down = std::nullopt;  ///< and falls; as many if not given.
  Mode mode = Mode::triangular;                               ///< How the amplitude changes.
  double gamma = 1;                                           ///< Of exp_range.
  bool cycle_momentum = true;  ///< Whether the momentum (or Adam's first beta) goes along.
  double base_momentum = 0.8;  ///< The momentum where the rate is highest,
  double max_momentum = 0.9;   ///< and where it is lowest.
};

/// From base_lr up to max_lr and back, again and again (Smith 2015), whatever the rate was before. It is stepped after
/// each iteration.
class CyclicLR final : public LRScheduler {
 public:
  /// A ValueError for `cycle_momentum` if the optimizer has none.
  CyclicLR(Optimizer& optimizer, double base_lr, double max_lr, const CyclicLROptions& options = {});

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::optional<double> momentum(std::int64_t t, std::size_t) const override;
  double height(std::int64_t t) const;

  double base_lr_, max_lr_;
  CyclicLROptions options_;
};

/// From the rate at construction to `swa_lr` in `anneal_epochs` steps, and constant from there: the schedule while
/// weights are averaged (Izmailov et al. 2018; `ParameterAverage`).
class SWALR final : public LRScheduler {
 public:
  /// Sets the rates of step 0: make it when the averaging begins.
  SWALR(Optimizer& optimizer, double swa_lr, std::int64_t anneal_epochs = 10,
        AnnealStrategy anneal_strategy = AnnealStrategy::cos);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  double swa_lr_;
  std::int64_t anneal_epochs_;
  AnnealStrategy anneal_strategy_;
};

}  // namespace reel::optim
