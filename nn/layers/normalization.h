#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of LayerNorm.
struct LayerNormOptions {
  double eps = 1e-5;               ///< Added to the variance.
  bool elementwise_affine = true;  ///< Whether there is a weight.
  bool bias = true;                ///< Whether there is a bias beside the weight.
};

/// Options of RMSNorm.
struct RMSNormOptions {
  std::optional<double> eps = std::nullopt;  ///< Added to the mean square; by default the epsilon of the input's dtype.
  bool elementwise_affine = true;            ///< Whether there is a weight.
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
  LayerNorm(NullPointer auto null) : Layer(null) {}
  /// The layer with these options; `forward` gives the normalised x.
  explicit LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LayerNormOptions, Values...> LayerNorm(const Shape& normalized_shape,
                                                                    const Values&... options)
      : LayerNorm(normalized_shape, LayerNormOptions{options...}) {}
  explicit LayerNorm(std::int64_t size, const LayerNormOptions& options = {}) : LayerNorm(Shape{size}, options) {}
  template <class... Values>
  requires PositionalOptions<LayerNormOptions, Values...> LayerNorm(std::int64_t size, const Values&... options)
      : LayerNorm(size, LayerNormOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;  ///< Undefined where the options say so.

 private:
  Shape normalized_shape_;
  double eps_ = 0;
};

/// `rms_norm` over the last dimensions, with a weight (ones) of their shape.
class RMSNorm : public Layer<RMSNorm> {
 public:
  RMSNorm(NullPointer auto null) : Layer(null) {}
  /// The layer with these options; `forward` gives the normalised x.
  explicit RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<RMSNormOptions, Values...> RMSNorm(const Shape& normalized_shape, const Values&... options)
      : RMSNorm(normalized_shape, RMSNormOptions{options...}) {}
  explicit RMSNorm(std::int64_t size, const RMSNormOptions& options = {}) : RMSNorm(Shape{size}, options) {}
  template <class... Values>
  requires PositionalOptions<RMSNormOptions, Values...> RMSNorm(std::int64_t size, const Values&... options)
      : RMSNorm(size, RMSNormOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight;  ///< Undefined without `elementwise_affine`.

 private:
  Shape normalized_shape_;
  std::optional<double> eps_;
};

/// `group_norm` of [N, C, ...] in groups of channels, with weight (ones) and bias (zeros) for each channel.
class GroupNorm : public Layer<GroupNorm> {
 public:
  GroupNorm(NullPointer auto null) : Layer(null) {}
  /// The layer with these options; `forward` gives the normalised x.
  GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<GroupNormOptions, Values...> GroupNorm(std::int64_t num_groups, std::int64_t num_channels,
                                                                    const Values&... options)
      : GroupNorm(num_groups, num_channels, GroupNormOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;  ///< Undefined where the options say so.

 private:
  std::int64_t num_groups_ = 1;
  double eps_ = 0;
};

/// `local_response_norm` over `size` neighbouring channels.
class LocalResponseNorm : public Layer<LocalResponseNorm> {
 public:
  LocalResponseNorm(NullPointer auto null) : Layer(null) {}
  /// The layer with these options; `forward` gives the normalised x.
  explicit LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<LocalResponseNormOptions, Values...> LocalResponseNorm(std::int64_t size,
                                                                                    const Values&... options)
      : LocalResponseNorm(size, LocalResponseNormOptions{options...}) {}
  Tensor forward(const Tensor& x) const;

 private:
  std::int64_t size_ = 1;
  LocalResponseNormOptions options_;
};

}  // namespace reel::nn
