#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

/// Times of one pass against those of many iterations.
namespace support {

/// Runs from its construction.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// How long iterations take until each of some ascending counts.
class IterationTimes {
 public:
  /// After `limit` seconds there are no more; the time of the counts that are left is extrapolated.
  IterationTimes(std::vector<std::int64_t> counts, double limit) : counts_(std::move(counts)), limit_(limit) {}

  /// How many iterations to do next, at most `most`; 0 at the end.
  std::int64_t next(std::int64_t most) const {
    if (seconds_.size() == counts_.size() || (done_ > 0 && watch_.seconds() > limit_)) return 0;
    return std::min(most, counts_[seconds_.size()] - done_);
  }
  /// They are done.
  void add(std::int64_t iterations) {
    done_ += iterations;
    last_ = watch_.seconds();
    if (done_ == counts_[seconds_.size()]) seconds_.push_back(last_);
  }
  /// How many of the counts were reached.
  std::size_t reached() const { return seconds_.size(); }
  /// For each count.
  std::vector<double> seconds() const {
    std::vector<double> all = seconds_;
    for (std::size_t i = all.size(); i < counts_.size(); ++i) {
      all.push_back(last_ * static_cast<double>(counts_[i]) / static_cast<double>(done_));
    }
    return all;
  }

 private:
  std::vector<std::int64_t> counts_;
  double limit_, last_ = 0;
  std::int64_t done_ = 0;
  std::vector<double> seconds_;
  Stopwatch watch_;
};

/// The heading of a table of such times.
inline void print_time_heading(const std::vector<std::int64_t>& counts) {
  std::printf("\n%-8s %12s", "size", "one pass");
  for (const std::int64_t count : counts) std::printf(" %8lld iterations", static_cast<long long>(count));
  std::printf("\n");
}

/// A row: one pass, then the iterations, with the ratio. What was extrapolated has a '~'.
inline void print_times(std::int64_t size, double one_pass, const IterationTimes& times) {
  std::printf("%-8lld %10.3f s", static_cast<long long>(size), one_pass);
  const std::vector<double> seconds = times.seconds();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    std::printf("  %c%6.0f s (%5.0fx)", i < times.reached() ? ' ' : '~', seconds[i], seconds[i] / one_pass);
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace support
