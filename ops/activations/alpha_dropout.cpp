// Dropout that keeps mean and variance of self-normalising networks.

#include <reel/ops/alpha_dropout.h>

#include <cmath>

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/zeros_for.h>

namespace reel {
using namespace detail;
namespace {

/// With the value -s of selu far below 0, x' = a * (x or -s) + b. Of inputs with mean 0 and variance 1, the variance of
/// (x or -s) is (1 - p) (1 + s^2 p), which a takes away, and the mean -p s, which b takes away.
Tensor drop(const Tensor& x, const Shape& mask_shape, double p) {
  if (p == 1) return zeros_for(x);
  constexpr double s = 1.6732632423543772848170429916717 * 1.0507009873554804934193349852946;
  const double a = 1 / std::sqrt((1 - p) * (1 + s * s * p));
  const Tensor kept = rand(mask_shape, {.device = x.device()}) >= p;
  return where(kept, x, -s) * a + a * s * p;
}

void check_arguments(std::string_view op, const Tensor& x, double p) {
  check_dtype(op, x, kFloating);
  check_option(op, "p", p, kZeroToOne);
}

}  // namespace

Tensor alpha_dropout(const Tensor& x, double p, bool training) {
  check_arguments("alpha_dropout", x, p);
  return training && p > 0 ? drop(x, x.shape(), p) : x;
}

Tensor feature_alpha_dropout(const Tensor& x, double p, bool training) {
  check_arguments("feature_alpha_dropout", x, p);
  check<ShapeError>(x.dim() >= 2, "feature_alpha_dropout: expected input [N, C, ...], got shape {}", x.shape());
  if (!training || p == 0) return x;
  Shape channels = Dims::filled(x.dim(), 1);
  channels[0] = x.shape()[0];
  channels[1] = x.shape()[1];
  return drop(x, channels, p);
}

}  // namespace reel
