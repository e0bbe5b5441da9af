#pragma once

#include <cstdint>
#include <vector>

#include <reel/ops/options.h>

/// The weights of resizing along one axis.
namespace reel::detail {

/// A run of weights for neighbouring elements.
struct TapRun {
  std::int64_t first;  // the element of weights[0]
  std::vector<double> weights;
};

/// A run for each result, all of them equally long and inside the axis (kernels/resample.h).
struct Taps {
  std::int64_t count;               // of each run
  std::vector<std::int32_t> first;  // [results]
  std::vector<double> weights;      // [count, results]

  /// Runs over `in` elements, filled up with zeros.
  Taps(const std::vector<TapRun>& runs, std::int64_t in);
  /// The transposed matrix: for each of the `in` elements the results that use it.
  Taps transposed(std::int64_t in) const;
};

/// How the positions of results lie among `in` elements along an axis.
struct AxisMap {
  std::int64_t in, out;
  double numerator, denominator;  // steps of one result are numerator / denominator elements
  InterpolateMode mode;           // any but area
  bool align_corners, antialias;

  /// Whether every result is the element at its place.
  bool is_identity() const;
  Taps taps() const;

 private:
  double position(std::int64_t i) const;
  double step() const;
  TapRun nearest(std::int64_t i) const;
  TapRun linear(std::int64_t i) const;
  TapRun cubic(std::int64_t i) const;
  TapRun antialiased(std::int64_t i) const;
};

}  // namespace reel::detail
