#pragma once

#include <limits>

#include <reel/reel.h>

#include "rooms.h"

/// Pictures of rooms by ray casting on the CPU.
namespace rooms {

using namespace reel;

/// The pinhole camera. Its pictures are square, its field of view is 90 degrees in both directions.
struct Camera {
  std::int64_t side = 48;  ///< Pixels.

  static constexpr double kSlope = 1;  ///< Of the ray through the middle of an edge: tan 45 degrees.

  /// The direction of the ray through (column, row), in pixels from the upper left corner, in the camera's own axes.
  Vec3 ray(double column, double row) const {
    const double unit = 2 * kSlope / static_cast<double>(side);
    return {1, kSlope - unit * column, kSlope - unit * row};
  }
  /// The {column, row} of a direction that points ahead: the reverse of `ray`.
  std::array<double, 2> pixel(const Vec3& direction) const {
    const double unit = 2 * kSlope / static_cast<double>(side);
    return {(kSlope - direction[1] / direction[0]) / unit, (kSlope - direction[2] / direction[0]) / unit};
  }
};

/// Where cameras may be and look: at least 0.4 m from walls and furniture, 1.1 to 1.9 m high, in any direction,
/// with a pitch of up to 20 degrees and a roll of up to 10.
inline Pose random_pose(const Room& room, Random& random) {
  const Vec3 centre{room.size[0] / 2, room.size[1] / 2, 1.5};
  while (true) {
    const Vec3 place = centre + random.within({centre[0], centre[1], 0.4});
    const auto blocks = [&](const Box& box) { return box.contains(place, 0.4); };
    if (std::none_of(room.boxes.begin(), room.boxes.end(), blocks))
      return {place, random.within({std::numbers::pi, radians(20), radians(10)})};
  }
}

/// What a ray meets first.
struct Hit {
  double distance = std::numeric_limits<double>::infinity();  ///< In lengths of the ray's direction.
  std::size_t axis = 0;                                       ///< The axis across the face that it meets.
  const Box* box = nullptr;
};

/// The boxes that may be in the picture: those with a corner on the inner side of each plane through an edge of it.
inline std::vector<Box> boxes_in_view(const Room& room, const Pose& pose) {
  const Rotation to_camera = rotation(pose.angles).transpose();
  const double slope = Camera::kSlope;
  const std::array<Vec3, 5> inwards{{{1, 0, 0}, {slope, 1, 0}, {slope, -1, 0}, {slope, 0, 1}, {slope, 0, -1}}};
  std::vector<Box> boxes;
  for (const Box& box : room.boxes) {
    std::array<Vec3, 8> corners;
    for (std::size_t i = 0; i < 8; ++i) corners[i] = to_camera * (box.corner(i) - pose.position);
    const auto cuts = [&](const Vec3& inward) {
      return std::any_of(corners.begin(), corners.end(), [&](const Vec3& c) { return dot(c, inward) > 0; });
    };
    if (std::all_of(inwards.begin(), inwards.end(), cuts)) boxes.push_back(box);
  }
  return boxes;
}

/// The first box on a ray that starts outside of all: of the ways between the pairs of planes of a box, the common
/// part.
inline Hit first_hit(const std::vector<Box>& boxes, const Vec3& origin, const Vec3& direction) {
  const Vec3 inverse{1 / direction[0], 1 / direction[1], 1 / direction[2]};
  Hit hit;
  for (const Box& box : boxes) {
    double enter = 0, leave = hit.distance;
    std::size_t axis = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double a = (box.low[i] - origin[i]) * inverse[i], b = (box.high[i] - origin[i]) * inverse[i];
      const double near_plane = std::min(a, b);
      if (near_plane > enter) enter = near_plane, axis = i;
      leave = std::min(leave, std::max(a, b));
    }
    if (enter > 0 && enter < leave) hit = {enter, axis, &box};
  }
  return hit;
}

/// The colour of a place on a box: its texture, in the light of a lamp below the middle of the ceiling.
inline Vec3 shade(const Room& room, const Hit& hit, const Vec3& place) {
  const Vec3 lamp{room.size[0] / 2, room.size[1] / 2, room.size[2] - 0.3}, to_lamp = lamp - place;
  const double facing = std::abs(to_lamp[hit.axis]) / length(to_lamp);
  const double light = 0.55 + 0.6 * facing / (1 + 4 * dot(to_lamp, to_lamp) / dot(room.size, room.size));
  const Vec3 local = place - hit.box->low;
  const auto [u, v] = hit.axis == 0   ? std::array{local[1], local[2]}
                      : hit.axis == 1 ? std::array{local[0], local[2]}
                                      : std::array{local[0], local[1]};
  return light * hit.box->texture.colour(u, v);
}

/// What a camera sees, written to `pixels` [3, side, side] from 0 to 1. Four rays make a pixel.
inline void render(const Room& room, const Pose& pose, const Camera& camera, float* pixels) {
  const Rotation turned = rotation(pose.angles);
  const std::vector<Box> boxes = boxes_in_view(room, pose);
  const auto colour = [&](double x, double y) {
    const Vec3 ray = turned * camera.ray(x, y);
    const Hit hit = first_hit(boxes, pose.position, ray);
    return hit.box ? shade(room, hit, pose.position + hit.distance * ray) : Vec3{};
  };
  const std::int64_t area = camera.side * camera.side;
  for (std::int64_t i = 0; i < area; ++i) {
    const auto column = static_cast<double>(i % camera.side), row = static_cast<double>(i / camera.side);
    Vec3 sum{};
    for (const double x : {0.25, 0.75})
      for (const double y : {0.25, 0.75}) sum = sum + colour(column + x, row + y);
    for (std::int64_t c = 0; c < 3; ++c)
      pixels[c * area + i] = static_cast<float>(std::clamp(sum[static_cast<std::size_t>(c)] / 4, 0.0, 1.0));
  }
}

/// `count` pictures f32 [count, 3, side, side] from random poses f32 [count, 6] (position, then angles), on the CPU.
inline data::Example random_views(const Room& room, std::int64_t count, const Camera& camera, std::uint64_t seed) {
  Random random(seed);
  const std::int64_t numbers = 3 * camera.side * camera.side;
  std::vector<float> pixels(static_cast<std::size_t>(count * numbers)), poses;
  for (std::int64_t i = 0; i < count; ++i) {
    const Pose pose = random_pose(room, random);
    render(room, pose, camera, &pixels[static_cast<std::size_t>(i * numbers)]);
    for (const double value : pose.position) poses.push_back(static_cast<float>(value));
    for (const double value : pose.angles) poses.push_back(static_cast<float>(value));
  }
  return {tensor(pixels, {count, 3, camera.side, camera.side}).cpu(), tensor(poses, {count, 6}).cpu()};
}

}  // namespace rooms
