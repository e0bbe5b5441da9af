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
  std::optional<SpatialSize> size = std::nullopt;     ///< The result's size along each axis;
  std::optional<double> scale_factor = std::nullopt;  ///< or how many times larger it is. Exactly one of the two.
  InterpolateMode mode = InterpolateMode::nearest;    ///< What lies between the pixels.
  bool align_corners = false;           ///< Linear modes and bicubic: whether the corner pixels' centres coincide.
  bool recompute_scale_factor = false;  ///< Whether positions follow from the sizes instead of the factor.
};

/// `interpolate` of [N, C, ...] to a size, or by a factor.
class Upsample : public Layer<Upsample> {
 public:
  Upsample(NullPointer auto null) : Layer(null) {}
  /// A ValueError unless the options hold a size or a factor; `forward` returns the resized x.
  explicit Upsample(const UpsampleOptions& options);
  Tensor forward(const Tensor& x) const;

 private:
  UpsampleOptions options_;
};

/// `pixel_shuffle`.
class PixelShuffle : public Layer<PixelShuffle> {
 public:
  PixelShuffle(NullPointer auto null) : Layer(null) {}
  /// A ValueError for a factor below 1; `forward` returns the rearranged x.
  explicit PixelShuffle(std::int64_t upscale_factor);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t factor_ = 1;
};

/// `pixel_unshuffle`.
class PixelUnshuffle : public Layer<PixelUnshuffle> {
 public:
  PixelUnshuffle(NullPointer auto null) : Layer(null) {}
  /// A ValueError for a factor below 1; `forward` returns the rearranged x.
  explicit PixelUnshuffle(std::int64_t downscale_factor);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t factor_ = 1;
};

/// `channel_shuffle`.
class ChannelShuffle : public Layer<ChannelShuffle> {
 public:
  ChannelShuffle(NullPointer auto null) : Layer(null) {}
  /// A ValueError for less than one group; `forward` returns the rearranged x.
  explicit ChannelShuffle(std::int64_t groups);
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t groups_ = 1;
};

}  // namespace reel::nn
