#pragma once

#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>

namespace reel::detail {

/// Zeros in place of x, even where it is infinite or NaN; on the tape, where they give x a gradient of zeros.
inline Tensor zeros_for(const Tensor& x) {
  return masked_fill(x, full({}, true, {.dtype = DType::boolean, .device = x.device()}), 0);
}

}  // namespace reel::detail
