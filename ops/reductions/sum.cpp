// sum and mean over dimensions.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Sum {
  static constexpr std::string_view name = "sum";
  ReducedDims dims;
  bool keepdim;
  Shape from;

  Tensor forward(Context&, const Tensor& x) const {
    Tensor total = reduce<kernels::Sum>(name, x, dims, keepdim);
    if (kHalf.contains(x.dtype())) total = total.to(x.dtype());
    return total;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    return {expand(reshape(grad, dims.shape(from, true)), from)};
  }
};

}  // namespace

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("sum", x);
  return apply(Sum{ReducedDims("sum", dims, x.dim()), keepdim, x.shape()}, x);
}

Tensor mean(const Tensor& x, const Dims& dims, bool keepdim) {
  check_dtype("mean", x, kFloating | kBool);
  const std::int64_t count = ReducedDims("mean", dims, x.dim()).count(x.shape());
  if (is_half(x))
    return in_f32(
        "mean", [&](const Tensor& y) { return mean(y, dims, keepdim); }, x);
  if (x.dtype() == DType::boolean) return (sum(x, dims, keepdim).to(DType::f64) / count).to(DType::f32);
  return sum(x, dims, keepdim) / count;
}

}  // namespace reel
