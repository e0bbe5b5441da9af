// Schedules made of others.

#include <reel/optim/combined_lr.h>

#include <fmt/format.h>

#include <algorithm>

#include <reel/tensor/core/option.h>

namespace reel::optim {
using namespace detail;

CombinedLR::CombinedLR(std::string_view name, Optimizer& optimizer, Parts parts)
    : LRScheduler(optimizer), parts_(std::move(parts)) {
  check<ValueError>(!parts_.empty(), "{}: expected at least one schedule, got none", name);
  for (const LRScheduler& part : parts_) {
    check<ValueError>(&part.optimizer_ == &optimizer,
                      "{}: expected schedules of the same optimizer, got one of another", name);
  }
  base_ = parts_.front().get().base_;
}

double CombinedLR::part_rate(std::size_t part, double base, std::int64_t t, std::size_t group) const {
  return parts_[part].get().rate(base, t, group);
}

std::optional<double> CombinedLR::part_momentum(std::size_t part, std::int64_t t, std::size_t group) const {
  return parts_[part].get().momentum(t, group);
}

SequentialLR::SequentialLR(Optimizer& optimizer, Parts schedulers, std::vector<std::int64_t> milestones)
    : CombinedLR("SequentialLR", optimizer, std::move(schedulers)), milestones_(std::move(milestones)) {
  check<ValueError>(milestones_.size() + 1 == part_count(),
                    "SequentialLR: expected {} milestones between {} schedules, got {}", part_count() - 1, part_count(),
                    milestones_.size());
  check<ValueError>(std::is_sorted(milestones_.begin(), milestones_.end()),
                    "SequentialLR: expected milestones in increasing order, got {}", fmt::join(milestones_, ", "));
  if (!milestones_.empty()) check_at_least("SequentialLR", "milestones", milestones_[0], 0);
  start();
}

/// Whose turn it is in step t, and which of its steps.
std::pair<std::size_t, std::int64_t> SequentialLR::part_at(std::int64_t t) const {
  const auto next = std::upper_bound(milestones_.begin(), milestones_.end(), t);
  const auto part = static_cast<std::size_t>(next - milestones_.begin());
  return {part, part == 0 ? t : t - milestones_[part - 1]};
}

double SequentialLR::rate(double base, std::int64_t t, std::size_t group) const {
  const auto [part, step] = part_at(t);
  return part_rate(part, base, step, group);
}

std::optional<double> SequentialLR::momentum(std::int64_t t, std::size_t group) const {
  const auto [part, step] = part_at(t);
  return part_momentum(part, step, group);
}

ChainedScheduler::ChainedScheduler(Optimizer& optimizer, Parts schedulers)
    : CombinedLR("ChainedScheduler", optimizer, std::move(schedulers)) {
  start();
}

double ChainedScheduler::rate(double base, std::int64_t t, std::size_t group) const {
  for (std::size_t part = 0; part < part_count(); ++part) base = part_rate(part, base, t, group);
  return base;
}

std::optional<double> ChainedScheduler::momentum(std::int64_t t, std::size_t group) const {
  std::optional<double> last;
  for (std::size_t part = 0; part < part_count(); ++part) {
    if (const auto given = part_momentum(part, t, group)) last = given;
  }
  return last;
}

}  // namespace reel::optim
