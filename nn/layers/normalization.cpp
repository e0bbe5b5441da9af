// Layer, RMS, group and local response normalisation as layers.

#include <reel/nn/layers/normalization.h>

#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/normalization.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

LayerNorm::LayerNorm(const Shape& normalized_shape, const LayerNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  check<ValueError>(!normalized_shape.empty(), "LayerNorm: expected a normalized_shape of rank 1 or more, got []");
  check_option("LayerNorm", "eps", options.eps, kFiniteAtLeastZero);
  const bool affine = options.elementwise_affine;
  weight = register_parameter("weight", affine ? ones(normalized_shape) : Tensor());
  bias = register_parameter("bias", affine && options.bias ? zeros(normalized_shape) : Tensor());
  set_extra_text(fmt::format("{}, eps={}, elementwise_affine={}", text::tuple(normalized_shape), text::of(options.eps),
                             text::of(affine)));
}

Tensor LayerNorm::forward(const Tensor& x) const { return layer_norm(x, normalized_shape_, weight, bias, eps_); }

RMSNorm::RMSNorm(const Shape& normalized_shape, const RMSNormOptions& options)
    : normalized_shape_(normalized_shape), eps_(options.eps) {
  check<ValueError>(!normalized_shape.empty(), "RMSNorm: expected a normalized_shape of rank 1 or more, got []");
  if (eps_) check_option("RMSNorm", "eps", *eps_, kFiniteAtLeastZero);
  weight = register_parameter("weight", options.elementwise_affine ? ones(normalized_shape) : Tensor());
  set_extra_text(fmt::format("{}, eps={}, elementwise_affine={}", text::tuple(normalized_shape),
                             eps_ ? text::of(*eps_) : "None", text::of(options.elementwise_affine)));
}

Tensor RMSNorm::forward(const Tensor& x) const { return rms_norm(x, normalized_shape_, weight, eps_); }

GroupNorm::GroupNorm(std::int64_t num_groups, std::int64_t num_channels, const GroupNormOptions& options)
    : num_groups_(num_groups), eps_(options.eps) {
  check<ValueError>(num_groups > 0 && num_channels > 0 && num_channels % num_groups == 0,
                    "GroupNorm: expected a number of channels that {} groups divide, got {}", num_groups, num_channels);
  check_option("GroupNorm", "eps", options.eps, kFiniteAtLeastZero);
  weight = register_parameter("weight", options.affine ? ones({num_channels}) : Tensor());
  bias = register_parameter("bias", options.affine ? zeros({num_channels}) : Tensor());
  set_extra_text(fmt::format("{}, {}, eps={}, affine={}", num_groups, num_channels, text::of(options.eps),
                             text::of(options.affine)));
}

Tensor GroupNorm::forward(const Tensor& x) const { return group_norm(x, num_groups_, weight, bias, eps_); }

LocalResponseNorm::LocalResponseNorm(std::int64_t size, const LocalResponseNormOptions& options)
    : size_(size), options_(options) {
  check_at_least("LocalResponseNorm", "size", size, 1);
  check_option("LocalResponseNorm", "alpha", options.alpha, kFiniteAtLeastZero);
  check_option("LocalResponseNorm", "beta", options.beta, kFinite);
  check_option("LocalResponseNorm", "k", options.k, kFiniteAtLeastZero);
  set_extra_text(fmt::format("{}, alpha={}, beta={}, k={}", size, text::of(options.alpha), text::of(options.beta),
                             text::of(options.k)));
}

Tensor LocalResponseNorm::forward(const Tensor& x) const {
  return local_response_norm(x, size_, options_.alpha, options_.beta, options_.k);
}

}  // namespace reel::nn
