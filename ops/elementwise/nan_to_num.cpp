// Finite numbers: isfinite, isposinf, isneginf, nan_to_num.

#include <cmath>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/number_ops.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/neighbour.h>
#include <reel/ops/numeric.h>

namespace reel {
using namespace detail;
namespace {

struct NanToNum {
  static constexpr std::string_view name = "nan_to_num";
  double nan, posinf, neginf;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::NanToNum{{}, nan, posinf, neginf}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {where(isfinite(ctx.saved(0)), grad, 0)}; }
};

}  // namespace

Tensor isfinite(const Tensor& x) { return elementwise("isfinite", kernels::IsFinite{}, x); }

Tensor isposinf(const Tensor& x) {
  check_dtype("isposinf", x, kFloating);
  return x == INFINITY;
}

Tensor isneginf(const Tensor& x) {
  check_dtype("isneginf", x, kFloating);
  return x == -INFINITY;
}

Tensor nan_to_num(const Tensor& x, double nan, std::optional<double> posinf, std::optional<double> neginf) {
  check_dtype("nan_to_num", x, kFloating);
  check_option("nan_to_num", "nan", nan, kNotNan);
  check_option("nan_to_num", "posinf", posinf.value_or(0), kNotNan);
  check_option("nan_to_num", "neginf", neginf.value_or(0), kNotNan);
  const double largest = number_before(INFINITY, true, x.dtype());
  return apply(NanToNum{nan, posinf.value_or(largest), neginf.value_or(-largest)}, x);
}

}  // namespace reel
