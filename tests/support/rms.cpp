// The root mean square.

#include <reel/ops/internal/checks.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;

Tensor rms(const Tensor& x, const Dims& dims, bool keepdim) {
  check_dtype("rms", x, kFloating);
  return sqrt(mean(square(x), dims, keepdim));
}

}  // namespace reel
