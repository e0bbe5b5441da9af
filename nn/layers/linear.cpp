// The linear layer.

#include <reel/nn/layers/linear.h>

#include <reel/nn/layers/fan_in.h>
#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/linear_algebra.h>

namespace reel::nn {
namespace {

Tensor make_weight(std::int64_t in_features, std::int64_t out_features) {
  check<ValueError>(in_features >= 0 && out_features >= 0,
                    "Linear: expected features of at least 0, got {} input and {} output features", in_features,
                    out_features);
  return empty({out_features, in_features});
}

}  // namespace

Linear::Linear(std::int64_t in_features, std::int64_t out_features, const LinearOptions& options)
    : Linear(make_weight(in_features, out_features), options.bias ? empty({out_features}) : Tensor()) {
  reset_fan_in(weight, bias);
}

Linear::Linear(const Tensor& weight_, const Tensor& bias_) {
  reel::detail::check_rank("Linear", "the weight", weight_, 2);
  check<ShapeError>(!bias_.defined() || bias_.shape() == Shape{weight_.size(0)},
                    "Linear: expected a bias for the weight {} of shape [{}], got {}", weight_.shape(), weight_.size(0),
                    bias_.defined() ? bias_.shape() : Shape{});
  weight = register_parameter("weight", weight_);
  bias = register_parameter("bias", bias_);
  set_extra_text(fmt::format("in_features={}, out_features={}, bias={}", weight.size(1), weight.size(0),
                             text::of(bias.defined())));
}

Tensor Linear::forward(const Tensor& x) const { return linear(x, weight, bias); }

}  // namespace reel::nn
