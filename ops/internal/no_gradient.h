#pragma once

#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/tensor/tensor.h>

namespace reel::detail {

/// The gradient of what is piecewise constant: zeros, even where grad is infinite or NaN; on the tape, so that they can
/// be differentiated again.
inline Tensor no_gradient(const Tensor& grad) {
  return masked_fill(grad, full({}, true, {.dtype = DType::boolean, .device = grad.device()}), 0);
}

}  // namespace reel::detail
