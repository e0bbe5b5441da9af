// The error of Autocast, out of line.

#include <reel/autograd/tape/autocast.h>

#include <reel/tensor/core/check.h>

namespace reel {

void Autocast::fail(DType dtype) {
  reel::fail<DTypeError>("autocast: expected dtype bf16 or f16, or f32 to round nothing, got {}", dtype);
}

}  // namespace reel
