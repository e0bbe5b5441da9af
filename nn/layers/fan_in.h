#pragma once

#include <reel/tensor/tensor.h>

namespace reel::nn {

/// PyTorch's initialisation of linear and convolution layers: weight and bias (may be undefined) uniform in
/// +-1/sqrt(fan_in). For the weight that is kaiming_uniform_ with a = sqrt(5).
void reset_fan_in(const Tensor& weight, const Tensor& bias);

}  // namespace reel::nn
