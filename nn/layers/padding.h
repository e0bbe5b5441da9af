#pragma once

#include <vector>

#include <reel/nn/layer.h>
#include <reel/ops/options.h>

/// `pad` as layers: around the last one, two or three dimensions of [N, C, ...] or [C, ...].
namespace reel::nn {

/// What the paddings share: amounts (before, after) from the last dimension backwards, or one for all. Negative amounts
/// crop.
template <class Derived, int axes, PadMode mode> class PaddingLayer : public Layer<Derived> {
 public:
  PaddingLayer(NullPointer auto null) : Layer<Derived>(null) {}
  /// The same amount on all sides.
  explicit PaddingLayer(std::int64_t all) : PaddingLayer(std::vector<std::int64_t>(2 * axes, all)) {}
  /// Two amounts for each dimension; a ValueError for another number of them.
  explicit PaddingLayer(const std::vector<std::int64_t>& amounts);
  /// The padded x; a ShapeError for a rank that does not fit.
  Tensor forward(const Tensor& x) const;

 protected:
  /// Of constant padding, which has a value.
  PaddingLayer(const std::vector<std::int64_t>& amounts, double value, bool prints_value);

 private:
  std::vector<std::int64_t> amounts_;
  double value_ = 0;
};

/// Mirrors the inside of [N, C, L].
class ReflectionPad1d : public PaddingLayer<ReflectionPad1d, 1, PadMode::reflect> {
  using PaddingLayer::PaddingLayer;
};
/// Mirrors the inside of [N, C, H, W].
class ReflectionPad2d : public PaddingLayer<ReflectionPad2d, 2, PadMode::reflect> {
  using PaddingLayer::PaddingLayer;
};
/// Mirrors the inside of [N, C, D, H, W].
class ReflectionPad3d : public PaddingLayer<ReflectionPad3d, 3, PadMode::reflect> {
  using PaddingLayer::PaddingLayer;
};
/// Repeats the edge of [N, C, L].
class ReplicationPad1d : public PaddingLayer<ReplicationPad1d, 1, PadMode::replicate> {
  using PaddingLayer::PaddingLayer;
};
/// Repeats the edge of [N, C, H, W].
class ReplicationPad2d : public PaddingLayer<ReplicationPad2d, 2, PadMode::replicate> {
  using PaddingLayer::PaddingLayer;
};
/// Repeats the edge of [N, C, D, H, W].
class ReplicationPad3d : public PaddingLayer<ReplicationPad3d, 3, PadMode::replicate> {
  using PaddingLayer::PaddingLayer;
};
/// Continues [N, C, L] with its opposite end.
class CircularPad1d : public PaddingLayer<CircularPad1d, 1, PadMode::circular> {
  using PaddingLayer::PaddingLayer;
};
/// Continues [N, C, H, W] with the opposite ends.
class CircularPad2d : public PaddingLayer<CircularPad2d, 2, PadMode::circular> {
  using PaddingLayer::PaddingLayer;
};
/// Continues [N, C, D, H, W] with the opposite ends.
class CircularPad3d : public PaddingLayer<CircularPad3d, 3, PadMode::circular> {
  using PaddingLayer::PaddingLayer;
};
/// Zeros around [N, C, L].
class ZeroPad1d : public PaddingLayer<ZeroPad1d, 1, PadMode::constant> {
  using PaddingLayer::PaddingLayer;
};
/// Zeros around [N, C, H, W].
class ZeroPad2d : public PaddingLayer<ZeroPad2d, 2, PadMode::constant> {
  using PaddingLayer::PaddingLayer;
};
/// Zeros around [N, C, D, H, W].
class ZeroPad3d : public PaddingLayer<ZeroPad3d, 3, PadMode::constant> {
  using PaddingLayer::PaddingLayer;
};

/// What paddings with a value share.
template <class Derived, int axes> class ConstantPaddingLayer : public PaddingLayer<Derived, axes, PadMode::constant> {
  using Base = PaddingLayer<Derived, axes, PadMode::constant>;

 public:
  ConstantPaddingLayer(NullPointer auto null) : Base(null) {}
  /// The same amount on all sides.
  ConstantPaddingLayer(std::int64_t all, double value) : Base(std::vector<std::int64_t>(2 * axes, all), value, true) {}
  /// Two amounts for each dimension; a ValueError for another number of them.
  ConstantPaddingLayer(const std::vector<std::int64_t>& amounts, double value) : Base(amounts, value, true) {}
};

/// A value around [N, C, L].
class ConstantPad1d : public ConstantPaddingLayer<ConstantPad1d, 1> {
  using ConstantPaddingLayer::ConstantPaddingLayer;
};
/// A value around [N, C, H, W].
class ConstantPad2d : public ConstantPaddingLayer<ConstantPad2d, 2> {
  using ConstantPaddingLayer::ConstantPaddingLayer;
};
/// A value around [N, C, D, H, W].
class ConstantPad3d : public ConstantPaddingLayer<ConstantPad3d, 3> {
  using ConstantPaddingLayer::ConstantPaddingLayer;
};

}  // namespace reel::nn
