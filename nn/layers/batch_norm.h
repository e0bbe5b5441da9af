#pragma once

#include <optional>

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>

namespace reel::nn {

/// Options of BatchNorm1d, BatchNorm2d and BatchNorm3d.
struct BatchNormOptions {
  double eps = 1e-5;                     ///< Added to the variance.
  std::optional<double> momentum = 0.1;  ///< Without one the running statistics are the mean over all batches.
  bool affine = true;                    ///< Whether there are a weight and a bias.
  bool track_running_stats = true;       ///< Without them evaluation also uses the batch's statistics.
  bool relu = false;                     ///< Whether a ReLU follows; here it costs no extra pass over memory.
};

/// What BatchNorm1d, BatchNorm2d and BatchNorm3d share: `batch_norm` with weight (ones), bias (zeros), and the running
/// mean (zeros) and variance (ones), which training updates and evaluation uses; with `relu` it is `batch_norm_relu`.
/// Inputs have a rank from min_rank to max_rank.
template <class Derived, int min_rank, int max_rank> class BatchNormLayer : public Layer<Derived> {
 public:
  BatchNormLayer(NullPointer auto null) : Layer<Derived>(null) {}
  /// For [N, features, ...].
  explicit BatchNormLayer(std::int64_t num_features, const BatchNormOptions& options = {});
  template <class... Values>
  requires PositionalOptions<BatchNormOptions, Values...> BatchNormLayer(std::int64_t num_features,
                                                                         const Values&... options)
      : BatchNormLayer(num_features, BatchNormOptions{options...}) {}

  /// The normalised x; in training it updates the running statistics. A ShapeError for another rank.
  Tensor forward(const Tensor& x) const;

  Tensor weight, bias;               ///< [features]; undefined without `affine`.
  Tensor running_mean, running_var;  ///< [features]; undefined without `track_running_stats`.
  Tensor num_batches_tracked;        ///< i64: how many batches the running statistics have seen.

 private:
  BatchNormOptions options_;
};

/// Batch normalisation of [N, C] or [N, C, L] over all dimensions but C.
class BatchNorm1d : public BatchNormLayer<BatchNorm1d, 2, 3> {
  using BatchNormLayer::BatchNormLayer;
};

/// Batch normalisation of [N, C, H, W] over all dimensions but C.
class BatchNorm2d : public BatchNormLayer<BatchNorm2d, 4, 4> {
  using BatchNormLayer::BatchNormLayer;
};

/// Batch normalisation of [N, C, D, H, W] over all dimensions but C.
class BatchNorm3d : public BatchNormLayer<BatchNorm3d, 5, 5> {
  using BatchNormLayer::BatchNormLayer;
};

extern template class BatchNormLayer<BatchNorm1d, 2, 3>;
extern template class BatchNormLayer<BatchNorm2d, 4, 4>;
extern template class BatchNormLayer<BatchNorm3d, 5, 5>;

}  // namespace reel::nn
