#pragma once

#include <functional>
#include <initializer_list>

#include <reel/optim/lr_scheduler.h>

/// Schedules made of others. These only lend their formulas: they must outlive the schedule that is made of them, are
/// not stepped themselves, and their states need not be saved. The rates at the construction of the first of them count
/// as those at construction:
///
///     optim::LinearLR warm_up(adam, 0.01, 1, 500);
///     optim::CosineAnnealingLR decay(adam, 9500);
///     optim::SequentialLR schedule(adam, {warm_up, decay}, {500});
namespace reel::optim {

/// What both share.
class CombinedLR : public LRScheduler {
 public:
  /// Schedules by reference.
  using Parts = std::vector<std::reference_wrapper<LRScheduler>>;

 protected:
  /// A ValueError without parts, or for parts of another optimizer.
  CombinedLR(std::string_view name, Optimizer& optimizer, Parts parts);
  /// The formulas of a part.
  double part_rate(std::size_t part, double base, std::int64_t t, std::size_t group) const;
  std::optional<double> part_momentum(std::size_t part, std::int64_t t, std::size_t group) const;
  std::size_t part_count() const { return parts_.size(); }

 private:
  Parts parts_;
};

/// One schedule after the other: the next begins, with its step 0, at each milestone.
class SequentialLR final : public CombinedLR {
 public:
  /// Sets the rates of step 0. A ValueError unless there is a milestone between any two schedules, in increasing order.
  SequentialLR(Optimizer& optimizer, Parts schedulers, std::vector<std::int64_t> milestones);

 private:
  std::pair<std::size_t, std::int64_t> part_at(std::int64_t t) const;
  double rate(double base, std::int64_t t, std::size_t group) const override;
  std::optional<double> momentum(std::int64_t t, std::size_t group) const override;
  std::vector<std::int64_t> milestones_;
};

/// All schedules at once: each takes the rate that the one before it gives for its rate at construction, so that
/// factors multiply.
class ChainedScheduler final : public CombinedLR {
 public:
  /// Sets the rates of step 0.
  ChainedScheduler(Optimizer& optimizer, Parts schedulers);

 private:
  double rate(double base, std::int64_t t, std::size_t group) const override;
  std::optional<double> momentum(std::int64_t t, std::size_t group) const override;
};

}  // namespace reel::optim
