#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/ops/options.h>

namespace reel::nn {

/// Returns its input.
class Identity : public Layer<Identity> {
 public:
  Identity() = default;
  Identity(NullPointer auto null) : Layer(null) {}
  /// x.
  Tensor forward(const Tensor& x) const { return x; }
};

/// `flatten` of dimensions start..end; by default of all but the batch.
class Flatten : public Layer<Flatten> {
 public:
  Flatten(NullPointer auto null) : Layer(null) {}
  /// The layer for these dimensions; `forward` returns the flattened x.
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t start_dim_ = 1, end_dim_ = -1;
};

/// Options of Upsample.
struct UpsampleOptions {
  std::optional<Size2d> size = std::nullopt;          ///< The result's height and width;
  std::optional<double> scale_factor = std::nullopt;  ///< or how many times larger it is. Exactly one of the two.
  InterpolateMode mode = InterpolateMode::nearest;    ///< What lies between the pixels.
  bool align_corners = false;                         ///< bilinear: whether the corner pixels' centres coincide.
};

/// `interpolate` of [N, C, H, W] to a size, or by a factor: floor(size * factor), sampled at the ratio of the sizes.
/// Where size * factor is a whole number, that ratio is the factor; elsewhere the values are those of PyTorch's
/// `recompute_scale_factor=True`, while PyTorch by default samples at 1 / factor.
class Upsample : public Layer<Upsample> {
 public:
  Upsample(NullPointer auto null) : Layer(null) {}
  /// A ValueError unless the options hold a size or a factor; `forward` returns the resized x.
  explicit Upsample(const UpsampleOptions& options);
  Tensor forward(const Tensor& x) const;

 private:
  UpsampleOptions options_;
};

}  // namespace reel::nn
