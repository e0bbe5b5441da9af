// Instance normalisation layers.

#include <reel/nn/layers/instance_norm.h>

#include <reel/autograd/checkpoint.h>
#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/unbatched.h>
#include <reel/ops/normalization.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

template <class Derived, int rank>
InstanceNormLayer<Derived, rank>::InstanceNormLayer(std::int64_t num_features, const InstanceNormOptions& options)
    : options_(options) {
  check_at_least(this->type_name(), "num_features", num_features, 1);
  check_option(this->type_name(), "eps", options.eps, kFiniteAtLeastZero);
  check_option(this->type_name(), "momentum", options.momentum, kZeroToOne);
  const bool affine = options.affine, track = options.track_running_stats;
  weight = this->register_parameter("weight", affine ? ones({num_features}) : Tensor());
  bias = this->register_parameter("bias", affine ? zeros({num_features}) : Tensor());
  running_mean = this->register_buffer("running_mean", track ? zeros({num_features}) : Tensor());
  running_var = this->register_buffer("running_var", track ? ones({num_features}) : Tensor());
  num_batches_tracked =
      this->register_buffer("num_batches_tracked", track ? zeros({}, {.dtype = DType::i64}) : Tensor());
  this->set_extra_text(fmt::format("{}, eps={}, momentum={}, affine={}, track_running_stats={}", num_features,
                                   text::of(options.eps), text::of(options.momentum), text::of(affine),
                                   text::of(track)));
}

template <class Derived, int rank> Tensor InstanceNormLayer<Derived, rank>::forward(const Tensor& x) const {
  return over_batch(this->type_name(), x, rank, [&](const Tensor& batch) {
    const bool tracked = running_mean.defined();
    const bool own = this->is_training() || !tracked;
    const bool update = tracked && !is_recomputing();
    return instance_norm(batch, own && !update ? Tensor() : running_mean, own && !update ? Tensor() : running_var,
                         weight, bias, own, options_.momentum, options_.eps);
  });
}

template class InstanceNormLayer<InstanceNorm1d, 3>;
template class InstanceNormLayer<InstanceNorm2d, 4>;
template class InstanceNormLayer<InstanceNorm3d, 5>;

}  // namespace reel::nn
