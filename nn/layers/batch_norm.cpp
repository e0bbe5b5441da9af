// Batch normalisation layers.

#include <reel/nn/layers/batch_norm.h>

#include <reel/autograd/checkpoint.h>
#include <reel/nn/layers/cumulative_statistics.h>
#include <reel/nn/text.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/normalization.h>
#include <reel/ops/reduction.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

template <class Derived, int min_rank, int max_rank>
BatchNormLayer<Derived, min_rank, max_rank>::BatchNormLayer(std::int64_t num_features, const BatchNormOptions& options)
    : options_(options) {
  check_at_least(this->type_name(), "num_features", num_features, 1);
  check_option(this->type_name(), "eps", options.eps, kFiniteAtLeastZero);
  if (options.momentum) check_option(this->type_name(), "momentum", *options.momentum, kZeroToOne);
  const bool affine = options.affine, track = options.track_running_stats;
  weight = this->register_parameter("weight", affine ? ones({num_features}) : Tensor());
  bias = this->register_parameter("bias", affine ? zeros({num_features}) : Tensor());
  running_mean = this->register_buffer("running_mean", track ? zeros({num_features}) : Tensor());
  running_var = this->register_buffer("running_var", track ? ones({num_features}) : Tensor());
  num_batches_tracked =
      this->register_buffer("num_batches_tracked", track ? zeros({}, {.dtype = DType::i64}) : Tensor());
  this->set_extra_text(fmt::format("{}, eps={}, momentum={}, affine={}, track_running_stats={}{}", num_features,
                                   text::of(options.eps), options.momentum ? text::of(*options.momentum) : "None",
                                   text::of(affine), text::of(track), options.relu ? ", relu=True" : ""));
}

template <class Derived, int min_rank, int max_rank>
Tensor BatchNormLayer<Derived, min_rank, max_rank>::forward(const Tensor& x) const {
  check_defined(this->type_name(), x);
  check<ShapeError>(x.dim() >= min_rank && x.dim() <= max_rank, "{}: expected input of rank {}{}, got shape {}{}",
                    this->type_name(), min_rank, min_rank == max_rank ? "" : fmt::format(" or {}", max_rank), x.shape(),
                    x.dim() == min_rank - 1 ? "; add a batch dimension with unsqueeze(0)" : "");
  const bool tracked = running_mean.defined();
  const auto norm = options_.relu ? batch_norm_relu : batch_norm;
  if (!this->is_training()) return norm(x, running_mean, running_var, weight, bias, !tracked, 0, options_.eps);
  if (!tracked || is_recomputing()) return norm(x, {}, {}, weight, bias, true, 0, options_.eps);

  const double momentum = options_.momentum && !is_cumulating_statistics()
                              ? *options_.momentum
                              : 1.0 / static_cast<double>(num_batches_tracked.item<std::int64_t>() + 1);
  const Tensor y = norm(x, running_mean, running_var, weight, bias, true, momentum, options_.eps);
  num_batches_tracked.add_(1);  // after the operation: a call that throws counts nothing
  return y;
}

template class BatchNormLayer<BatchNorm1d, 2, 3>;
template class BatchNormLayer<BatchNorm2d, 4, 4>;
template class BatchNormLayer<BatchNorm3d, 5, 5>;

}  // namespace reel::nn
