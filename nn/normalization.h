#pragma once

#include <reel/nn/layer.h>

namespace reel::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool elementwise_affine = true;  ///< Whether there is a weight.
  bool bias = true;                ///< Whether there is a bias beside the weight.
};

struct GroupNormOptions {
  double eps = 1e-5;
  bool affine = true;  ///< Whether there are a weight and a bias.
};

struct LocalResponseNormOptions {
  double alpha = 1e-4;
  double beta = 0.75;
  double k = 1;
};

/// `layer_norm` over the last dimensions, with weight (ones) and bias (zeros) of their shape.
class LayerNorm : public Layer<LayerNorm> {
 public:
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;

 private:
  Shape normalized_shape_;
  double eps_;
};

/// `group_norm` of [N, C, ...] in groups of channels, with weight (ones) and bias (zeros) for each channel.
class GroupNorm : public Layer<GroupNorm> {
 public:
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options = {});
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;

 private:
  std::int64_t num_groups_;
  double eps_;
};

/// `local_response_norm` over `size` neighbouring channels.
class LocalResponseNorm : public Layer<LocalResponseNorm> {
 public:
  explicit LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options = {});
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t size_;
  LocalResponseNormOptions options_;
};

}  // namespace reel::nn
