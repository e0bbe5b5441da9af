#pragma once

#include <functional>
#include <limits>
#include <optional>

#include <reel/optim/optimizer.h>

/// Learning-rate schedules. Each holds a reference to its optimizer, which must outlive it, and sets the rate of every
/// group, starting with step 0 at construction. Formulas are PyTorch's in closed form: the rate depends on the step
/// number t alone, so nothing accumulates, and changing `lr` by hand lasts until the next step. A rate that would be
/// NaN, infinite or negative is a ValueError, and the step is not counted.
namespace reel::optim {

/// The base of the schedules that count steps.
class LRScheduler {
 public:
  virtual ~LRScheduler() = default;
  LRScheduler(const LRScheduler&) = delete;
  LRScheduler& operator=(const LRScheduler&) = delete;

  /// Advances by one step: call it after each epoch, or after each iteration, as the schedule is meant.
  void step();
  /// The number of steps so far.
  std::int64_t last_epoch() const { return t_; }
  /// The groups' rates as last set.
  const std::vector<double>& last_lr() const { return rates_; }

  /// "last_epoch", "base_lr", the groups' rates at construction, and "last_lr". Options of the schedule are not in it:
  /// construct the same schedule, then load.
  StateDict state_dict() const;
  /// Takes over a state. The optimizer keeps its rates: they are part of its own state, with whatever else, by hand or
  /// by another schedule, has changed them. So the order of loading does not matter, but schedules are constructed
  /// before the optimizer's state is loaded. A state that does not fit is an error and changes nothing.
  void load_state_dict(const StateDict& state);

 protected:
  /// Remembers the groups' rates.
  explicit LRScheduler(Optimizer& optimizer);
  /// The rate of a group in step t, if its rate at construction was `base`.
  virtual double rate(double base, std::int64_t t, std::size_t group) const = 0;
  /// The momentum of a group in step t; nothing if the schedule leaves it alone.
  virtual std::optional<double> momentum(std::int64_t, std::size_t) const { return std::nullopt; }
  /// Sets the rates of step 0: what the constructors of the schedules end with.
  void start();

 private:
  friend class CombinedLR;
  void go_to(std::int64_t t);

  Optimizer& optimizer_;
  std::vector<double> base_, rates_;
  std::int64_t t_ = 0;
};

/// base * gamma^floor(t / step_size).
class StepLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  StepLR(Optimizer& optimizer, std::int64_t step_size, double gamma = 0.1);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::int64_t step_size_;
  double gamma_;
};

/// base * gamma^(how many milestones are at most t).
class MultiStepLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  MultiStepLR(Optimizer& optimizer, std::vector<std::int64_t> milestones, double gamma = 0.1);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::vector<std::int64_t> milestones_;
  double gamma_;
};

/// base * gamma^t.
class ExponentialLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  ExponentialLR(Optimizer& optimizer, double gamma);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  double gamma_;
};

/// eta_min + (base - eta_min) * (1 + cos(pi t / t_max)) / 2 (Loshchilov and Hutter 2017).
class CosineAnnealingLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  CosineAnnealingLR(Optimizer& optimizer, std::int64_t t_max, double eta_min = 0);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::int64_t t_max_;
  double eta_min_;
};

/// CosineAnnealingLR that begins anew after t_0 steps, then after t_0 t_mult, t_0 t_mult^2 and so on (SGDR, Loshchilov
/// and Hutter 2017).
class CosineAnnealingWarmRestarts final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  CosineAnnealingWarmRestarts(Optimizer& optimizer, std::int64_t t_0, std::int64_t t_mult = 1, double eta_min = 0);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::int64_t t_0_, t_mult_;
  double eta_min_;
};

/// base * factor in the first `total_iters` steps, then base.
class ConstantLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  ConstantLR(Optimizer& optimizer, double factor = 1.0 / 3, std::int64_t total_iters = 5);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  double factor_;
  std::int64_t total_iters_;
};

/// base times a factor that goes from one number to another in `total_iters` steps and stays there: a warm-up.
class LinearLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  LinearLR(Optimizer& optimizer, double start_factor = 1.0 / 3, double end_factor = 1, std::int64_t total_iters = 5);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  double start_factor_, end_factor_;
  std::int64_t total_iters_;
};

/// base * (1 - t / total_iters)^power, 0 from there on.
class PolynomialLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  PolynomialLR(Optimizer& optimizer, std::int64_t total_iters = 5, double power = 1);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  std::int64_t total_iters_;
  double power_;
};

/// base * factor(t), with one function for all groups or one for each.
class LambdaLR final : public LRScheduler {
 public:
  /// What the rate at construction is multiplied with in step t.
  using Factor = std::function<double(std::int64_t t)>;
  LambdaLR(Optimizer& optimizer, const Factor& factor);
  LambdaLR(Optimizer& optimizer, std::vector<Factor> factors);

 private:
  double rate(double base, std::int64_t t, std::size_t group) const override;
  std::vector<Factor> factors_;
};

/// a / (b + t), whatever the rate was before: the classic schedule of stochastic approximation (Robbins and Monro 1951:
/// the rates' sum diverges, that of their squares does not), stepped after each iteration.
class InverseTimeLR final : public LRScheduler {
 public:
  /// Sets the rates of step 0.
  InverseTimeLR(Optimizer& optimizer, double a, double b);

 private:
  double rate(double base, std::int64_t t, std::size_t) const override;
  double a_, b_;
};

/// The options of ReduceLROnPlateau, with PyTorch's defaults.
struct ReduceLROnPlateauOptions {
  /// What counts as better, and how thresholds are meant.
  enum class Mode : std::uint8_t { min, max };
  enum class Threshold : std::uint8_t { relative, absolute };

  Mode mode = Mode::min;                           ///< Whether the metric should fall or rise.
  double factor = 0.1;                             ///< What the rate is multiplied with.
  std::int64_t patience = 10;                      ///< How many steps without improvement are tolerated.
  double threshold = 1e-4;                         ///< Smaller improvements count as none:
  Threshold threshold_mode = Threshold::relative;  ///< as a share of the best's absolute value, or as a difference.
  std::int64_t cooldown = 0;                       ///< How many steps after a reduction do not count.
  double min_lr = 0;                               ///< The smallest rate.
  double eps = 1e-8;                               ///< Smaller reductions are skipped.
};

/// Reduces the rates when a metric stops improving. "Halve the rate when the improvement of the held-out objective
/// falls below a threshold" is `{.factor = 0.5, .patience = 0, .threshold = ..., .threshold_mode = absolute}`.
class ReduceLROnPlateau {
 public:
  /// The rates stay as they are until the first reduction.
  explicit ReduceLROnPlateau(Optimizer& optimizer, ReduceLROnPlateauOptions options = {});
  ReduceLROnPlateau(const ReduceLROnPlateau&) = delete;
  ReduceLROnPlateau& operator=(const ReduceLROnPlateau&) = delete;

  /// Reports the metric of an epoch. NaN counts as no improvement.
  void step(double metric);
  /// The best metric so far, infinity (or -infinity) before the first.
  double best() const { return best_; }

  /// "best", "num_bad_epochs", "cooldown_counter". The rates themselves are in the optimizer's state.
  StateDict state_dict() const;
  /// Takes over a state. One that does not fit is an error and changes nothing.
  void load_state_dict(const StateDict& state);

 private:
  bool improves(double metric) const;
  void reduce();

  Optimizer& optimizer_;
  ReduceLROnPlateauOptions options_;
  double best_;
  std::int64_t bad_epochs_ = 0, cooldown_left_ = 0;
};

}  // namespace reel::optim
