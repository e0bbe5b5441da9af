// Activation layers with options.

#include <reel/nn/layers/activation.h>

#include <reel/nn/text.h>
#include <reel/ops/factories.h>
#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

GELU::GELU(GeluApproximate approximate) : approximate_(approximate) {
  set_extra_text(approximate == GeluApproximate::tanh ? "approximate='tanh'" : "approximate='none'");
}
Tensor GELU::forward(const Tensor& x) const { return gelu(x, approximate_); }

GLU::GLU(std::int64_t dim) : dim_(dim) { set_extra_text(fmt::format("dim={}", dim)); }
Tensor GLU::forward(const Tensor& x) const { return glu(x, dim_); }

LeakyReLU::LeakyReLU(double negative_slope) : negative_slope_(negative_slope) {
  check_option("LeakyReLU", "negative_slope", negative_slope, kFinite);
  set_extra_text("negative_slope=" + text::of(negative_slope));
}
Tensor LeakyReLU::forward(const Tensor& x) const { return leaky_relu(x, negative_slope_); }

PReLU::PReLU(const PReLUOptions& options) {
  check_at_least("PReLU", "num_parameters", options.num_parameters, 1);
  check_option("PReLU", "init", options.init, kFinite);
  weight = register_parameter("weight", full({options.num_parameters}, options.init));
  set_extra_text(fmt::format("num_parameters={}", options.num_parameters));
}
Tensor PReLU::forward(const Tensor& x) const { return prelu(x, weight); }

ELU::ELU(double alpha) : alpha_(alpha) {
  check_option("ELU", "alpha", alpha, kFinite);
  set_extra_text("alpha=" + text::of(alpha));
}
Tensor ELU::forward(const Tensor& x) const { return elu(x, alpha_); }

Softplus::Softplus(const SoftplusOptions& options) : options_(options) {
  check_option("Softplus", "beta", options.beta, kPositive);
  check_option("Softplus", "threshold", options.threshold, kNotNan);
  set_extra_text("beta=" + text::of(options.beta) + ", threshold=" + text::of(options.threshold));
}
Tensor Softplus::forward(const Tensor& x) const { return softplus(x, options_.beta, options_.threshold); }

Hardtanh::Hardtanh(const HardtanhOptions& options) : options_(options) {
  check<ValueError>(options.min_val < options.max_val, "Hardtanh: expected min_val < max_val, got {} and {}",
                    options.min_val, options.max_val);
  set_extra_text("min_val=" + text::of(options.min_val) + ", max_val=" + text::of(options.max_val));
}
Tensor Hardtanh::forward(const Tensor& x) const { return hardtanh(x, options_.min_val, options_.max_val); }

Softmax::Softmax(std::int64_t dim) : dim_(dim) { set_extra_text(fmt::format("dim={}", dim)); }
Tensor Softmax::forward(const Tensor& x) const { return softmax(x, dim_); }

LogSoftmax::LogSoftmax(std::int64_t dim) : dim_(dim) { set_extra_text(fmt::format("dim={}", dim)); }
Tensor LogSoftmax::forward(const Tensor& x) const { return log_softmax(x, dim_); }

}  // namespace reel::nn
