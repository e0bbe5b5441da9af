// The running sum along a dimension.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/reduce.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

struct CumSum {
  static constexpr std::string_view name = "cumsum";
  int dim;
  bool reverse;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor in = x.contiguous();
    const Tensor out =
        empty(x.shape(), {.dtype = is_floating(x.dtype()) ? x.dtype() : DType::i64, .device = x.device()});
    std::int64_t outer = 1, inner = 1;
    for (int d = 0; d < dim; ++d) outer *= x.shape()[d];
    for (int d = dim + 1; d < x.dim(); ++d) inner *= x.shape()[d];
    kernels::cumsum[x.device()]({.dtype = x.dtype(),
                                 .data = in.data(),
                                 .out = out.data(),
                                 .outer = outer,
                                 .n = x.dim() ? x.shape()[dim] : 1,
                                 .inner = inner,
                                 .reverse = reverse});
    return out;
  }
  /// Each element is part of its own sum and of all later ones.
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(CumSum{dim, !reverse}, grad)}; }
};

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t dim) {
  check_dtype("cumsum", x, kNumericAndBool);
  return apply_in_f32(CumSum{wrap_dim("cumsum", dim, x.dim()), false}, x);
}

}  // namespace reel
