// The bilinear layer.

#include <reel/nn/layers/bilinear.h>

#include <algorithm>
#include <cmath>

#include <reel/nn/init.h>
#include <reel/nn/text.h>
#include <reel/ops/bilinear.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {

Bilinear::Bilinear(std::int64_t in1_features, std::int64_t in2_features, std::int64_t out_features,
                   const BilinearOptions& options) {
  check<ValueError>(in1_features >= 0 && in2_features >= 0 && out_features >= 0,
                    "Bilinear: expected features of at least 0, got {}, {} and {}", in1_features, in2_features,
                    out_features);
  const double bound = 1 / std::sqrt(static_cast<double>(std::max<std::int64_t>(in1_features, 1)));
  weight =
      register_parameter("weight", init::uniform_(empty({out_features, in1_features, in2_features}), -bound, bound));
  bias = register_parameter("bias", options.bias ? init::uniform_(empty({out_features}), -bound, bound) : Tensor());
  set_extra_text(fmt::format("in1_features={}, in2_features={}, out_features={}, bias={}", in1_features, in2_features,
                             out_features, text::of(options.bias)));
}

Tensor Bilinear::forward(const Tensor& a, const Tensor& b) const { return bilinear(a, b, weight, bias); }

}  // namespace reel::nn
