#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/ops/options.h>

namespace reel::nn {

/// Returns its input.
class Identity : public Layer<Identity> {
 public:
  Tensor forward(const Tensor& x) const { return x; }
};

/// `flatten` of dimensions start..end; by default of all but the batch.
class Flatten : public Layer<Flatten> {
 public:
  explicit Flatten(std::int64_t start_dim = 1, std::int64_t end_dim = -1);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t start_dim_, end_dim_;
};

struct UpsampleOptions {
  std::optional<Size2d> size = std::nullopt;          ///< The result's height and width;
  std::optional<double> scale_factor = std::nullopt;  ///< or how many times larger it is. Exactly one of the two.
  InterpolateMode mode = InterpolateMode::nearest;
  bool align_corners = false;  ///< bilinear: whether the corner pixels' centres coincide.
};

/// `interpolate` of [N, C, H, W] to a size, or by a factor (sizes are rounded down).
class Upsample : public Layer<Upsample> {
 public:
  explicit Upsample(const UpsampleOptions& options);
  Tensor forward(const Tensor& x) const;

 private:
  UpsampleOptions options_;
};

}  // namespace reel::nn
