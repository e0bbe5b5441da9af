#pragma once

namespace reel::nn {

/// In this scope the running statistics of batch norm layers that train on this thread are the equal mean over all
/// batches that they count, whatever the layers' momentum: `training::update_bn`.
class [[nodiscard]] CumulativeStatisticsGuard {
 public:
  CumulativeStatisticsGuard();
  ~CumulativeStatisticsGuard();
  CumulativeStatisticsGuard(const CumulativeStatisticsGuard&) = delete;
  CumulativeStatisticsGuard& operator=(const CumulativeStatisticsGuard&) = delete;

 private:
  bool former_;
};

/// Whether there is such a guard on this thread.
bool is_cumulating_statistics();

}  // namespace reel::nn
