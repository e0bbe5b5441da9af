#pragma once

#include "renderer.h"

/// More pictures from those that there are.
namespace rooms {

/// What may happen to a picture and, where it must, to its pose.
struct AugmentationOptions {
  Vec3 turn = {radians(8), radians(8), radians(8)};  ///< Largest turns of the camera about its axes: yaw, pitch, roll.
  double contrast = 0.1;                             ///< Values are multiplied with a number so close to 1.
  double brightness = 0.05;                          ///< And moved so far.
};

/// Turns the camera where it stands, and changes the light. What a pinhole camera sees after a turn about its centre
/// follows from what it saw before, whatever the distances: the rays are the same. So the picture is warped, and the
/// pose gets the new angles (pose synthesis, Wu, Ma and Hu 2017). What was not in the picture is filled with the pixels
/// at its edge. A shift of the pixels with the old pose would be wrong.
class Augmentation {
 public:
  Augmentation(const Camera& camera, std::uint64_t seed, const AugmentationOptions& options = {})
      : camera_(camera), random_(seed), options_(options) {}

  /// Pictures f32 [N, 3, side, side] and poses f32 [N, 6] on the CPU, changed at random.
  data::Example operator()(const data::Example& views) {
    const std::vector<float> pixels = views.data.to_vector<float>();
    std::vector<float> poses = views.target.to_vector<float>(), made(pixels.size());
    const std::int64_t count = views.data.size(0), numbers = 3 * camera_.side * camera_.side;
    for (std::int64_t i = 0; i < count; ++i) {
      const Rotation turn = rotation(random_.within(options_.turn));
      warp(&pixels[static_cast<std::size_t>(i * numbers)], turn, &made[static_cast<std::size_t>(i * numbers)]);
      float* angles = &poses[static_cast<std::size_t>(i * 6 + 3)];
      const Vec3 turned = euler_angles(rotation({angles[0], angles[1], angles[2]}) * turn);
      for (std::size_t k = 0; k < 3; ++k) angles[k] = static_cast<float>(turned[k]);
    }
    return {tensor(made, views.data.shape()).cpu(), tensor(poses, views.target.shape()).cpu()};
  }

 private:
  /// The picture after the turn, with other light. Between pixels values are bilinear.
  void warp(const float* from, const Rotation& turn, float* to) {
    const double contrast = 1 + random_.uniform(-options_.contrast, options_.contrast);
    const double brightness = random_.uniform(-options_.brightness, options_.brightness);
    const std::int64_t side = camera_.side, area = side * side;
    const double last = static_cast<double>(side - 1);
    for (std::int64_t i = 0; i < area; ++i) {
      const Vec3 ray = camera_.ray(static_cast<double>(i % side) + 0.5, static_cast<double>(i / side) + 0.5);
      const auto [column, row] = camera_.pixel(turn * ray);
      const double x = std::clamp(column - 0.5, 0.0, last), y = std::clamp(row - 0.5, 0.0, last);
      const auto left = static_cast<std::int64_t>(x), top = static_cast<std::int64_t>(y);
      const double a = x - static_cast<double>(left), b = y - static_cast<double>(top);
      const std::int64_t right = left + 1 < side ? 1 : 0, below = top + 1 < side ? side : 0;
      for (std::int64_t c = 0; c < 3; ++c) {
        const float* p = from + c * area + top * side + left;
        const double value =
            (1 - b) * ((1 - a) * p[0] + a * p[right]) + b * ((1 - a) * p[below] + a * p[below + right]);
        to[c * area + i] = static_cast<float>(contrast * (value - 0.5) + 0.5 + brightness);
      }
    }
  }

  Camera camera_;
  Random random_;
  AugmentationOptions options_;
};

}  // namespace rooms
