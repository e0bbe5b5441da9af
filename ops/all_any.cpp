// Whether all or any elements are non-zero: all, any.

#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;

Tensor all(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("all", x);
  return reduce<kernels::All>("all", x, ReducedDims("all", dims, x.dim()), keepdim);
}

Tensor any(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("any", x);
  return reduce<kernels::Any>("any", x, ReducedDims("any", dims, x.dim()), keepdim);
}

}  // namespace reel
