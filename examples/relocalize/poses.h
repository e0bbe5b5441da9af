#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>

/// Places and directions in space. The world's axes: x to the east, y to the north, z up; lengths are metres, angles
/// radians.
namespace rooms {

/// A point, a direction, a colour (red, green, blue from 0 to 1), or three angles.
struct Vec3 : std::array<double, 3> {};

inline Vec3 operator+(const Vec3& a, const Vec3& b) { return {a[0] + b[0], a[1] + b[1], a[2] + b[2]}; }
inline Vec3 operator-(const Vec3& a, const Vec3& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
inline Vec3 operator*(double s, const Vec3& a) { return {s * a[0], s * a[1], s * a[2]}; }
inline double dot(const Vec3& a, const Vec3& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
inline double length(const Vec3& a) { return std::sqrt(dot(a, a)); }

inline double degrees(double radians) { return radians * 180 / std::numbers::pi; }
inline double radians(double degrees) { return degrees * std::numbers::pi / 180; }

/// A rotation as the rows of its matrix.
struct Rotation {
  std::array<Vec3, 3> rows;

  Vec3 operator*(const Vec3& v) const { return {dot(rows[0], v), dot(rows[1], v), dot(rows[2], v)}; }
  Rotation transpose() const {
    const auto& [a, b, c] = rows;
    return {{Vec3{a[0], b[0], c[0]}, Vec3{a[1], b[1], c[1]}, Vec3{a[2], b[2], c[2]}}};
  }
  /// First `other`, then this one.
  Rotation operator*(const Rotation& other) const {
    const Rotation columns = other.transpose();
    return {{columns * rows[0], columns * rows[1], columns * rows[2]}};
  }
};

/// The camera's rotation Rz(yaw) Ry(-pitch) Rx(roll) for angles {yaw, pitch, roll}: from its own axes (x ahead, y to
/// the left, z up) to the world's. Yaw 0 looks to the east, 90 degrees to the north; pitch is positive upwards, roll
/// where the left side goes up.
inline Rotation rotation(const Vec3& angles) {
  const auto [cy, cp, cr] = std::array{std::cos(angles[0]), std::cos(angles[1]), std::cos(angles[2])};
  const auto [sy, sp, sr] = std::array{std::sin(angles[0]), std::sin(angles[1]), std::sin(angles[2])};
  return {{Vec3{cy * cp, -sy * cr - cy * sp * sr, sy * sr - cy * sp * cr},
           Vec3{sy * cp, cy * cr - sy * sp * sr, -cy * sr - sy * sp * cr}, Vec3{sp, cp * sr, cp * cr}}};
}

/// The angles {yaw, pitch, roll} of a rotation: yaw and roll from -pi to pi, pitch from -pi/2 to pi/2.
inline Vec3 euler_angles(const Rotation& r) {
  return {std::atan2(r.rows[1][0], r.rows[0][0]), std::asin(std::clamp(r.rows[2][0], -1.0, 1.0)),
          std::atan2(r.rows[2][1], r.rows[2][2])};
}

/// The angle of the rotation that leads from one to the other, from 0 to pi: the trace of its matrix is 1 + 2 cos.
inline double angle_between(const Rotation& a, const Rotation& b) {
  const double trace = dot(a.rows[0], b.rows[0]) + dot(a.rows[1], b.rows[1]) + dot(a.rows[2], b.rows[2]);
  return std::acos(std::clamp((trace - 1) / 2, -1.0, 1.0));
}

/// The 6 degrees of freedom of a camera.
struct Pose {
  Vec3 position;  ///< Metres.
  Vec3 angles;    ///< Yaw, pitch and roll; see `rotation`.
};

/// Random numbers on the CPU, the same with every compiler.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// Uniform in [low, high).
  double uniform(double low, double high) {
    return low + (high - low) * static_cast<double>(engine_() >> 11) * 0x1p-53;
  }
  /// Uniform from 0 to count - 1.
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(uniform(0, static_cast<double>(count))); }
  /// Uniform in the box from -limits to limits.
  Vec3 within(const Vec3& limits) {
    Vec3 v;
    for (std::size_t i = 0; i < 3; ++i) v[i] = uniform(-limits[i], limits[i]);
    return v;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace rooms
