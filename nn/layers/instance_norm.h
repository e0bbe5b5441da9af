#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of InstanceNorm1d, InstanceNorm2d and InstanceNorm3d.
struct InstanceNormOptions {
  double eps = 1e-5;                 ///< Added to the variance.
  double momentum = 0.1;             ///< The share of an input in the running statistics.
  bool affine = false;               ///< Whether there are a weight and a bias.
  bool track_running_stats = false;  ///< Whether evaluation uses running statistics instead of the input's.
};

/// What InstanceNorm1d, InstanceNorm2d and InstanceNorm3d share: `instance_norm` of [N, features, ...] of `rank`
/// dimensions, or of one sample without N, with weight (ones) and bias (zeros), and the running mean (zeros) and
/// variance (ones).
template <class Derived, int rank> class InstanceNormLayer : public Layer<Derived> {
 public:
  InstanceNormLayer(NullPointer auto null) : Layer<Derived>(null) {}
  /// For [N, features, ...].
  explicit InstanceNormLayer(std::int64_t num_features, const InstanceNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<InstanceNormOptions, Values...> InstanceNormLayer(std::int64_t num_features,
                                                                               const Values&... options)
      : InstanceNormLayer(num_features, InstanceNormOptions{options...}) {}

  /// The normalised x; in training it updates the running statistics. A ShapeError for another rank.
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;               ///< [features]; undefined without `affine`.
  Tensor running_mean, running_var;  ///< [features]; undefined without `track_running_stats`.
  Tensor num_batches_tracked;        ///< i64: 0, as in PyTorch, whose files have it.

 private:
  InstanceNormOptions options_;
};

/// Instance normalisation of [N, C, L] over L.
class InstanceNorm1d : public InstanceNormLayer<InstanceNorm1d, 3> {
  using InstanceNormLayer::InstanceNormLayer;
};

/// Instance normalisation of [N, C, H, W] over H and W.
class InstanceNorm2d : public InstanceNormLayer<InstanceNorm2d, 4> {
  using InstanceNormLayer::InstanceNormLayer;
};

/// Instance normalisation of [N, C, D, H, W] over D, H and W.
class InstanceNorm3d : public InstanceNormLayer<InstanceNorm3d, 5> {
  using InstanceNormLayer::InstanceNormLayer;
};

extern template class InstanceNormLayer<InstanceNorm1d, 3>;
extern template class InstanceNormLayer<InstanceNorm2d, 4>;
extern template class InstanceNormLayer<InstanceNorm3d, 5>;

}  // namespace reel::nn
