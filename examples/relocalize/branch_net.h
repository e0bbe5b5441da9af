#pragma once

#include <utility>

#include <reel/reel.h>

/// The network that finds a camera's pose in its picture.
namespace rooms {

using namespace reel;

/// Options of BranchNet.
struct BranchNetOptions {
  std::int64_t side = 48;                ///< Of the pictures: a multiple of 8.
  std::int64_t orientation_numbers = 6;  ///< 6 for sines and cosines, 3 for raw angles.
  bool branched = true;                  ///< Whether position and orientation have layers of their own.
};

/// BranchNet (Wu, Ma and Hu 2017) in small: convolutions for all, above them a branch for the position and one for the
/// orientation, each with a convolution and a hidden layer of its own. Not branched, it is one trunk of sqrt(2) times
/// the width in those layers, with about as many parameters.
class BranchNet : public nn::Layer<BranchNet> {
 public:
  /// Weights start as those of Conv2d and Linear do. A ValueError for a side that is no multiple of 8.
  explicit BranchNet(const BranchNetOptions& options = {}) : branched_(options.branched) {
    if (options.side < 8 || options.side % 8 != 0)
      throw ValueError("BranchNet: expected a side that is a multiple of 8, got " + std::to_string(options.side) +
                       "; choose another size of pictures");
    const std::int64_t places = (options.side / 8) * (options.side / 8), outputs = options.orientation_numbers;
    if (branched_) {
      position_ = register_module("position", upper(places, 64, 128, 3));
      orientation_ = register_module("orientation", upper(places, 64, 128, outputs));
    } else {
      position_ = register_module("trunk", upper(places, 90, 181, 3 + outputs));
    }
  }

  /// x [N, 3, side, side] from 0 to 1 -> position [N, 3] and orientation [N, 6 or 3].
  std::pair<Tensor, Tensor> forward(const Tensor& x) const {
    const Tensor features = shared_(4 * (x - 0.5));
    if (branched_) return {position_(features), orientation_(features)};
    const Tensor all = position_(features);
    return {all.narrow(1, 0, 3), all.narrow(1, 3, all.size(1) - 3)};
  }

 private:
  static constexpr std::int64_t kShared = 48;

  static nn::Sequential upper(std::int64_t places, std::int64_t maps, std::int64_t hidden, std::int64_t outputs) {
    return nn::Sequential(nn::Conv2d(kShared, maps, 3, {.stride = 2, .padding = 1, .bias = false}),
                          nn::BatchNorm2d(maps, {.relu = true}), nn::Flatten(), nn::Linear(maps * places, hidden),
                          nn::ReLU(), nn::Linear(hidden, outputs));
  }

  bool branched_;
  nn::Sequential shared_ =
      register_module("shared", nn::Sequential(nn::Conv2d(3, 24, 5, {.stride = 2, .padding = 2, .bias = false}),
                                               nn::BatchNorm2d(24, {.relu = true}),
                                               nn::Conv2d(24, kShared, 3, {.stride = 2, .padding = 1, .bias = false}),
                                               nn::BatchNorm2d(kShared, {.relu = true})));
  nn::Sequential position_{nullptr}, orientation_{nullptr};
};

}  // namespace rooms
