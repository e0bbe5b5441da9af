#pragma once

#include <cstdint>
#include <vector>

#include <reel/ops/options.h>

/// The weights of resizing along one axis.
namespace reel::detail {

/// For each result a run of weights of neighbouring elements (kernels/resample.h).
struct Taps {
  std::vector<std::int64_t> first;        ///< The first element of each run.
  std::vector<std::int64_t> begin = {0};  ///< Run i is weights[begin[i], begin[i + 1]).
  std::vector<double> weights;

  /// Appends a run.
  void add(std::int64_t from, const std::vector<double>& run);
  /// The transposed matrix: for each of the `in` elements the results that use it.
  Taps transposed(std::int64_t in) const;
};

/// How the positions of results lie among `in` elements along an axis.
struct AxisMap {
  std::int64_t in, out;
  double numerator, denominator;  ///< Steps of one result are numerator / denominator elements.
  InterpolateMode mode;           ///< Any but area.
  bool align_corners, antialias;

  /// Whether every result is the element at its place.
  bool is_identity() const;
  Taps taps() const;

 private:
  double position(std::int64_t i) const;
  double step() const;
  void add_nearest(Taps& taps, std::int64_t i) const;
  void add_linear(Taps& taps, std::int64_t i) const;
  void add_cubic(Taps& taps, std::int64_t i) const;
  void add_antialiased(Taps& taps, std::int64_t i) const;
};

}  // namespace reel::detail
