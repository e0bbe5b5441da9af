#pragma once

#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>

namespace reel::detail {

/// Zeros in place of x, even where x is infinite or NaN; on the tape, so that they can be differentiated.
inline Tensor zeroed(const Tensor& x) {
  return masked_fill(x, full({}, true, {.dtype = DType::boolean, .device = x.device()}), 0);
}

}  // namespace reel::detail
