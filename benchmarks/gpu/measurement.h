#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "row.h"

namespace reel::bench {

/// How a row's repetitions reach the GPU: queued one by one, or recorded once and replayed.
enum class Mode { eager, graph };

std::string_view to_string(Mode mode);

/// A row that is prepared and warmed up, to be timed as often as wanted.
class Measurement {
 public:
  Measurement(const Row& row, Mode mode);

  /// Microseconds of one repetition, `count` times; each is the mean over some ten milliseconds of repetitions.
  std::vector<double> samples(int count);

 private:
  void queue(std::size_t launches);
  double microseconds(std::size_t launches);

  Work work_;
  bool on_gpu_, on_host_;
  std::size_t next_ = 0;        // repetition
  std::size_t per_launch_ = 1;  // repetitions: a graph may hold several
  std::size_t launches_ = 1;    // in a sample
  std::optional<cuda::Graph> graph_;
};

}  // namespace reel::bench
