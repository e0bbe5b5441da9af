#pragma once

#include "branch_net.h"
#include "renderer.h"

/// The task of relocalisation: what a network is to say about a pose, and how far off it is.
namespace rooms {

/// A network and its training, in what they may differ.
struct Variant {
  std::string name;
  bool branched = true;   ///< Or one trunk for position and orientation.
  bool sin_cos = true;    ///< Orientation as Euler6, or as raw angles.
  bool augmented = true;  ///< Whether pictures are varied in training.
  double beta = 1;        ///< The weight of the orientation's error in the loss.
};

/// A room with pictures to train with and others, from independent poses, to test on.
struct Scene {
  Room room;
  data::TensorDataset train;
  data::Example test;
};

/// Poses as numbers that a network can learn. Positions count from the middle of the room in halves of its longest
/// side. Orientations are Euler6, e = [sin yaw, sin pitch, sin roll, cos yaw, cos pitch, cos roll], which has no seam
/// where an angle comes round to -180 degrees; or the raw angles in radians.
class PoseCode {
 public:
  PoseCode(const Room& room, bool sin_cos) : centre_(0.5 * room.size), scale_(room.longest() / 2), sin_cos_(sin_cos) {}

  /// Poses [N, 6] -> positions [N, 3].
  Tensor position(const Tensor& poses) const {
    const std::vector<float> middle(centre_.begin(), centre_.end());
    return (poses.narrow(1, 0, 3) - tensor(middle).to(poses.device())) / scale_;
  }
  /// Poses [N, 6] -> orientations [N, 6], or [N, 3] for raw angles.
  Tensor orientation(const Tensor& poses) const {
    const Tensor angles = poses.narrow(1, 3, 3);
    return sin_cos_ ? cat({sin(angles), cos(angles)}, 1) : angles;
  }
  std::int64_t orientation_numbers() const { return sin_cos_ ? 6 : 3; }

  /// The poses that such numbers stand for. Angles follow from e by atan2, so that sines and cosines need no norm of 1.
  std::vector<Pose> decode(const Tensor& positions, const Tensor& orientations) const {
    const std::vector<float> p = positions.to_vector<float>(), e = orientations.to_vector<float>();
    const auto width = static_cast<std::size_t>(orientation_numbers());
    std::vector<Pose> poses(p.size() / 3);
    for (std::size_t i = 0; i < poses.size(); ++i) {
      for (std::size_t k = 0; k < 3; ++k) {
        poses[i].position[k] = centre_[k] + scale_ * p[3 * i + k];
        const float* value = &e[width * i + k];
        poses[i].angles[k] = sin_cos_ ? std::atan2(value[0], value[3]) : value[0];
      }
    }
    return poses;
  }

 private:
  Vec3 centre_;
  double scale_;
  bool sin_cos_;
};

/// The rows of f32 [N, 6] as poses.
inline std::vector<Pose> to_poses(const Tensor& rows) {
  const std::vector<float> v = rows.to_vector<float>();
  std::vector<Pose> poses;
  for (std::size_t i = 0; i < v.size(); i += 6)
    poses.push_back({{v[i], v[i + 1], v[i + 2]}, {v[i + 3], v[i + 4], v[i + 5]}});
  return poses;
}

/// The poses that a network finds in pictures [N, 3, side, side], in batches of 500.
inline std::vector<Pose> find_poses(BranchNet& net, const PoseCode& code, const Tensor& pictures, Device device) {
  const NoGradGuard no_grad;
  net.eval();
  std::vector<Pose> found;
  for (const Tensor& part : split(pictures, 500)) {
    const auto [position, orientation] = net(part.to(device));
    const std::vector<Pose> more = code.decode(position, orientation);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

/// How far poses are off: medians, as the lecture reports them.
struct Errors {
  double metres = 0;   ///< Distances of positions.
  double degrees = 0;  ///< Angles of the rotations from the true orientations to the found ones.
};

/// What came of training one variant in one room.
struct Result {
  std::vector<double> losses;  ///< The mean of each epoch.
  std::vector<Pose> found;     ///< Of the test pictures.
  Errors errors;
};

/// The middle value, or the upper of the two.
inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

inline Errors median_errors(const std::vector<Pose>& truth, const std::vector<Pose>& found) {
  std::vector<double> metres, angles;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    metres.push_back(length(found[i].position - truth[i].position));
    angles.push_back(degrees(angle_between(rotation(truth[i].angles), rotation(found[i].angles))));
  }
  return {median(metres), median(angles)};
}

}  // namespace rooms
