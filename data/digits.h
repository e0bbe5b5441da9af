#pragma once

#include <cstdint>

#include <reel/data/dataset.h>

namespace reel::data {

/// Which digits are drawn, and how much they differ.
struct DigitsOptions {
  std::int64_t first = 0;   ///< The number of the first sample: held-out digits begin where the training digits end.
  double distortion = 1.0;  ///< Scales rotation, shear, size, place, elastic bending and the spread of the pen's width.
  double noise = 1.0;       ///< Scales the noise of the pixels.
};

/// Handwritten-like digits, drawn by a procedure: 28x28 grey images, ten classes, as many as wanted. Each is one of
/// several ways to write its digit (strokes along smooth curves), bent elastically, turned, sheared, scaled and
/// shifted, then drawn with a soft pen of changing width and covered with noise. Sample i depends on the seed and i
/// alone.
class Digits : public ImageDataset {
 public:
  /// A ValueError for negative counts, places or options.
  explicit Digits(std::int64_t count, std::uint64_t seed = 0, DigitsOptions options = {});
};

}  // namespace reel::data
