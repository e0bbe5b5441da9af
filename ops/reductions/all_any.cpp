// Whether all or any elements are non-zero: all, any.

#include <reel/ops/comparison.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;

Tensor all(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("all", x);
  return reduce<kernels::All>("all", is_half(x) ? ne(x, 0) : x, ReducedDims("all", dims, x.dim()), keepdim);
}

Tensor any(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("any", x);
  return reduce<kernels::Any>("any", is_half(x) ? ne(x, 0) : x, ReducedDims("any", dims, x.dim()), keepdim);
}

}  // namespace reel
