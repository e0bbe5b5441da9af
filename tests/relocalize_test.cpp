// The geometry of the example relocalize: angles, what the camera sees, and pictures of a turned camera.

#include <doctest/doctest.h>

#include "../examples/relocalize/view_augmentation.h"

using namespace reel;
using namespace rooms;

namespace {

double distance(const Vec3& a, const Vec3& b) { return length(a - b); }

double mean_difference(const Tensor& a, const Tensor& b) { return (a - b).abs().mean().item(); }

Tensor rendered(const Room& room, const Pose& pose, const Camera& camera) {
  std::vector<float> pixels(static_cast<std::size_t>(3 * camera.side * camera.side));
  render(room, pose, camera, pixels.data());
  return tensor(pixels, {1, 3, camera.side, camera.side}).cpu();
}

}  // namespace

TEST_CASE("a camera's rotation: yaw to the left, pitch upwards, roll with the left side up") {
  const Vec3 ahead{1, 0, 0}, left{0, 1, 0};
  CHECK(distance(rotation({radians(90), 0, 0}) * ahead, {0, 1, 0}) < 1e-12);
  CHECK(distance(rotation({0, radians(90), 0}) * ahead, {0, 0, 1}) < 1e-12);
  CHECK(distance(rotation({0, 0, radians(90)}) * left, {0, 0, 1}) < 1e-12);
  CHECK(distance(rotation({radians(180), radians(30), 0}) * ahead, {-std::sqrt(0.75), 0, 0.5}) < 1e-12);
}

TEST_CASE("angles come back from a rotation, and the angle between two is that of the turn") {
  Random random(1);
  for (int i = 0; i < 100; ++i) {
    const Vec3 angles = random.within({radians(179), radians(80), radians(179)});
    CHECK(distance(euler_angles(rotation(angles)), angles) < 1e-9);
    const Vec3 turn{random.uniform(-3, 3), 0, 0};
    CHECK(angle_between(rotation(angles), rotation(angles) * rotation(turn)) ==
          doctest::Approx(std::abs(turn[0])).epsilon(1e-6));
  }
}

TEST_CASE("pictures of a turned camera are what the camera sees from there") {
  const Room room = make_rooms(1).front();
  const Camera camera{.side = 48};
  Random random(3);
  double right = 0, unturned = 0;
  for (std::uint64_t i = 0; i < 8; ++i) {
    const Pose pose = random_pose(room, random);
    const Tensor view = rendered(room, pose, camera);
    std::vector<double> numbers(pose.position.begin(), pose.position.end());
    numbers.insert(numbers.end(), pose.angles.begin(), pose.angles.end());
    Augmentation turn(camera, i, {.turn = {radians(4), radians(4), radians(4)}, .contrast = 0, .brightness = 0});
    const auto [turned, target] = turn({view, tensor(numbers, {1, 6}).to(DType::f32).cpu()});
    const std::vector<double> made = target.to_vector<double>();
    const Tensor expected = rendered(room, {{made[0], made[1], made[2]}, {made[3], made[4], made[5]}}, camera);
    const auto middle = [](const Tensor& x) { return x.narrow(2, 8, 32).narrow(3, 8, 32); };  // all of it was in view
    right += mean_difference(middle(turned), middle(expected));
    unturned += mean_difference(middle(view), middle(expected));
  }
  CHECK(right < 0.25 * unturned);
}
