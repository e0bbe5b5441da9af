#pragma once

#include "poses.h"

/// Procedural textures: colours as functions of a place on a surface.
namespace rooms {

/// A number in [0, 1) that looks random but depends on the arguments alone.
inline double hash(std::int64_t x, std::int64_t y, std::uint32_t seed) {
  std::uint32_t h = seed * 0x9e3779b9U + static_cast<std::uint32_t>(x) * 0x85ebca6bU;
  h = (h ^ (h >> 15)) * 0x2c1b3c6dU + static_cast<std::uint32_t>(y) * 0xc2b2ae35U;
  h = (h ^ (h >> 12)) * 0x297a2d39U;
  h = (h ^ (h >> 15)) * 0x85ebca6bU;
  return static_cast<double>(h ^ (h >> 16)) * 0x1p-32;
}

/// Smooth noise in [0, 1]: hashes at whole numbers, blended between them.
inline double noise(double u, double v, std::uint32_t seed) {
  const double fu = std::floor(u), fv = std::floor(v);
  const auto x = static_cast<std::int64_t>(fu), y = static_cast<std::int64_t>(fv);
  const auto smooth = [](double t) { return t * t * (3 - 2 * t); };
  const double a = smooth(u - fu), b = smooth(v - fv);
  return std::lerp(std::lerp(hash(x, y, seed), hash(x + 1, y, seed), a),
                   std::lerp(hash(x, y + 1, seed), hash(x + 1, y + 1, seed), a), b);
}

inline Vec3 blend(const Vec3& a, const Vec3& b, double share) { return (1 - share) * a + share * b; }

enum class Pattern : std::uint8_t { plaster, bricks, tiles, planks, stripes, picture };

/// What a surface looks like.
struct Texture {
  Pattern pattern = Pattern::plaster;
  Vec3 first = {}, second = {};  ///< Its two colours; pictures have colours of their own.
  double scale = 1;              ///< Metres from one element to the next.
  std::uint32_t seed = 0;        ///< Of what is random in it.

  /// The colour at (u, v) metres.
  Vec3 colour(double u, double v) const {
    const double x = u / scale, y = v / scale;
    switch (pattern) {
      case Pattern::plaster:
        return blend(first, second, 0.7 * noise(x, y, seed) + 0.3 * noise(4 * x, 4 * y, seed));
      case Pattern::bricks:
        return element(x / 2 + 0.5 * std::fmod(std::floor(std::abs(y)), 2), y, 0.06, 0.12);
      case Pattern::tiles:
        return element(x, y, 0.05, 0.05);
      case Pattern::planks:
        return element(x / 6 + hash(0, static_cast<std::int64_t>(std::floor(y)), seed), y, 0, 0.08);
      case Pattern::stripes:
        return blend(first, second, x - std::floor(x) < 0.5 ? 0.2 * noise(x, y, seed) : 1);
      case Pattern::picture:
        return {spot(x, y, 1), spot(x, y, 2), spot(x, y, 3)};
    }
    return first;
  }

 private:
  /// Elements of size 1 x 1 in the first colour, lighter or darker, between joints in the second.
  Vec3 element(double x, double y, double joint_x, double joint_y) const {
    const double column = std::floor(x), row = std::floor(y);
    if (x - column < joint_x || y - row < joint_y) return second;
    return (0.7 + 0.5 * hash(static_cast<std::int64_t>(column), static_cast<std::int64_t>(row), seed)) * first;
  }
  /// One colour channel of a picture: spots with clear borders.
  double spot(double x, double y, std::uint32_t channel) const {
    return std::clamp(3 * noise(x, y, seed + channel) - 1, 0.1, 0.9);
  }
};

}  // namespace rooms
