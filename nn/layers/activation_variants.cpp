// The rarer activation layers, and dropout for self-normalising networks.

#include <reel/nn/layers/activation_variants.h>

#include <reel/nn/text.h>
#include <reel/ops/alpha_dropout.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

CELU::CELU(double alpha) : alpha_(alpha) {
  check_option("CELU", "alpha", alpha, kPositive);
  set_extra_text("alpha=" + text::of(alpha));
}
Tensor CELU::forward(const Tensor& x) const { return celu(x, alpha_); }

Hardshrink::Hardshrink(double lambd) : lambd_(lambd) {
  check_option("Hardshrink", "lambd", lambd, kFiniteAtLeastZero);
  set_extra_text(text::of(lambd));
}
Tensor Hardshrink::forward(const Tensor& x) const { return hardshrink(x, lambd_); }

Softshrink::Softshrink(double lambd) : lambd_(lambd) {
  check_option("Softshrink", "lambd", lambd, kFiniteAtLeastZero);
  set_extra_text(text::of(lambd));
}
Tensor Softshrink::forward(const Tensor& x) const { return softshrink(x, lambd_); }

Threshold::Threshold(double threshold, double value) : threshold_(threshold), value_(value) {
  check_option("Threshold", "threshold", threshold, kNotNan);
  check_option("Threshold", "value", value, kNotNan);
  set_extra_text("threshold=" + text::of(threshold) + ", value=" + text::of(value));
}
Tensor Threshold::forward(const Tensor& x) const { return threshold(x, threshold_, value_); }

RReLU::RReLU(const RReLUOptions& options) : options_(options) {
  check_option("RReLU", "lower", options.lower, kFinite);
  check_option("RReLU", "upper", options.upper, {options.lower, kInfinite, false, true});
  set_extra_text("lower=" + text::of(options.lower) + ", upper=" + text::of(options.upper));
}
Tensor RReLU::forward(const Tensor& x) const { return rrelu(x, options_.lower, options_.upper, is_training()); }

Softmin::Softmin(std::int64_t dim) : dim_(dim) { set_extra_text(fmt::format("dim={}", dim)); }
Tensor Softmin::forward(const Tensor& x) const { return softmin(x, dim_); }

Tensor Softmax2d::forward(const Tensor& x) const {
  check<ShapeError>(x.dim() == 3 || x.dim() == 4, "Softmax2d: expected input of rank 3 or 4, got shape {}", x.shape());
  return softmax(x, -3);
}

AlphaDropout::AlphaDropout(double p) : p_(p) {
  check_option("AlphaDropout", "p", p, kZeroToOne);
  set_extra_text("p=" + text::of(p) + ", inplace=False");
}
Tensor AlphaDropout::forward(const Tensor& x) const { return alpha_dropout(x, p_, is_training()); }

FeatureAlphaDropout::FeatureAlphaDropout(double p) : p_(p) {
  check_option("FeatureAlphaDropout", "p", p, kZeroToOne);
  set_extra_text("p=" + text::of(p) + ", inplace=False");
}
Tensor FeatureAlphaDropout::forward(const Tensor& x) const { return feature_alpha_dropout(x, p_, is_training()); }

}  // namespace reel::nn
