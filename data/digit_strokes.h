#pragma once

#include <span>

namespace reel::data {

/// A point of a stroke, in a box of width and height 1 whose y runs down. A smooth curve runs through the points; at a
/// corner it changes direction at once.
struct StrokePoint {
  float x, y;           ///< Where.
  bool corner = false;  ///< Whether the direction changes at once.
};

/// What the pen draws without being lifted.
using Stroke = std::span<const StrokePoint>;
/// One way to write a digit.
using Glyph = std::span<const Stroke>;

/// The ways to write a digit 0 to 9.
std::span<const Glyph> digit_glyphs(int digit);

}  // namespace reel::data
