#pragma once

#include <vector>

#include "row.h"

namespace bench {

/// The times of some repetitions.
struct Samples {
  std::vector<double> us;  ///< Microseconds of one operation; each sample is the mean of some repetitions, or one.
  int disturbed = 0;       ///< How many of them had to wait for others, in spite of being taken anew.
};

/// A variant of a row that is prepared and warmed up, to be timed as often as wanted.
class Measurement {
 public:
  /// A sample is to take `sample` microseconds, but for what takes longer once.
  Measurement(const Row& row, const Variant& variant, double sample);

  /// When it returns, the threads of the library have come to rest.
  Samples samples(int count);

 private:
  /// Microseconds of so many repetitions.
  double time(std::size_t repetitions);
  /// Microseconds of one repetition, from those of a sample; from fewer when it takes far longer than expected, as it
  /// does while others have a processor that the library's threads wait for one another on.
  double sample();

  Work work_;
  double per_run_;
  double length_;                // of a sample in microseconds
  bool is_long_ = false;         // a repetition warms itself up
  std::size_t repetitions_ = 1;  // in a sample
};

}  // namespace bench
