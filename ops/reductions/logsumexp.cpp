// log(sum(exp(x))) without overflow.

#include <limits>

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

struct LogSumExp {
  static constexpr std::string_view name = "logsumexp";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(reduce(kernels::logsumexp, x, x.dtype(), dims, keepdim));
  }
  /// grad * softmax(x), and 0 where every element is -infinity.
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), y = ctx.saved(1);
    const Tensor shift = masked_fill(y, y == -std::numeric_limits<double>::infinity(), 0);
    return {dims.restore(grad, x.shape()) * exp(x - dims.restore(shift, x.shape()))};
  }
};

}  // namespace

Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim) {
  check_dtype("logsumexp", x, kFloating);
  return apply_in_f32(LogSumExp{ReducedDims("logsumexp", dims, x.dim()), keepdim}, x);
}

}  // namespace reel
