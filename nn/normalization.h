#pragma once

#include <reel/nn/layer.h>

namespace reel::nn {

/// Options of LayerNorm.
struct LayerNormOptions {
  double eps = 1e-5;               ///< Added to the variance.
  bool elementwise_affine = true;  ///< Whether there is a weight.
  bool bias = true;                ///< Whether there is a bias beside the weight.
};

/// Options of GroupNorm.
struct GroupNormOptions {
  double eps = 1e-5;   ///< Added to the variance.
  bool affine = true;  ///< Whether there are a weight and a bias.
};

/// Options of LocalResponseNorm.
struct LocalResponseNormOptions {
  /// In PyTorch's argument order.
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1;
};

/// `layer_norm` over the last dimensions, with weight (ones) and bias (zeros) of their shape.
class LayerNorm : public Layer<LayerNorm> {
 public:
  /// The layer with these options; `forward` gives the normalised x.
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;  ///< Undefined where the options say so.

 private:
  Shape normalized_shape_;
  double eps_;
};

/// `group_norm` of [N, C, ...] in groups of channels, with weight (ones) and bias (zeros) for each channel.
class GroupNorm : public Layer<GroupNorm> {
 public:
  /// The layer with these options; `forward` gives the normalised x.
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options = {});
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;  ///< Undefined where the options say so.

 private:
  std::int64_t num_groups_;
  double eps_;
};

/// `local_response_norm` over `size` neighbouring channels.
class LocalResponseNorm : public Layer<LocalResponseNorm> {
 public:
  /// The layer with these options; `forward` gives the normalised x.
  explicit LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options = {});
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace reel::nn
