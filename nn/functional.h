#pragma once

#include <reel/ops/ops.h>

namespace reel::nn {

/// The operations under the name that PyTorch has for them: `namespace F = nn::functional;`, then `F::relu(x)`.
namespace functional = reel;

}  // namespace reel::nn
