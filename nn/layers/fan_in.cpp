// The initialisation that linear and convolution layers share.

#include <reel/nn/layers/fan_in.h>

#include <cmath>

#include <reel/nn/init.h>

namespace reel::nn {

void reset_fan_in(const Tensor& weight, const Tensor& bias) {
  const double bound = 1 / std::sqrt(static_cast<double>(init::fan_in_and_fan_out(weight).in));
  init::uniform_(weight, -bound, bound);
  if (bias.defined()) init::uniform_(bias, -bound, bound);
}

}  // namespace reel::nn
