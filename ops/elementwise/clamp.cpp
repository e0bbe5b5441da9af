// Values limited to an interval: clamp and hardtanh, which differ in the gradient at the limits.

#include <limits>

#include <reel/autograd/tape/op.h>
#include <reel/ops/activation.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// The gradient where Functor lets it through, else 0. Linear in grad, piecewise constant in x.
template <class Functor> struct InsideGrad {
  static constexpr std::string_view name =
      std::is_same_v<Functor, kernels::ClampGrad> ? std::string_view("clamp_grad") : "hardtanh_grad";
  Functor inside;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x) const {
    ctx.save(x);
    return elementwise(name, inside, grad, x);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(InsideGrad{inside}, grad, ctx.saved(0)), Tensor()};
  }
};

struct Clamp {
  static constexpr std::string_view name = "clamp";
  Scalar min, max;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Clamp{{}, min, max}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(InsideGrad<kernels::ClampGrad>{{{}, min, max}}, grad, ctx.saved(0))};
  }
};

struct Hardtanh {
  static constexpr std::string_view name = "hardtanh";
  double min, max;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return elementwise(name, kernels::Clamp{{}, min, max}, ctx.save(x));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    return {apply(InsideGrad<kernels::HardtanhGrad>{{{}, min, max}}, grad, ctx.saved(0))};
  }
};

/// The smallest or largest value of a dtype, in place of a limit that is not given.
Scalar no_limit(DType dtype, bool smallest) {
  return dispatch<kWideNumeric>(is_floating(dtype) ? DType::f64 : dtype, [&]<class T>() -> Scalar {
    using Limits = std::numeric_limits<T>;
    if constexpr (Limits::has_infinity) return smallest ? -Limits::infinity() : Limits::infinity();
    else return smallest ? Limits::min() : Limits::max();
  });
}

/// Checks the arguments of clamp.
Clamp clamp_to(std::string_view op, const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  check_dtype(op, x, kNumeric);
  check<ValueError>(min || max, "{}: expected min, max or both, got neither", op);
  if (min) check_scalar(op, *min, x.dtype());
  if (max) check_scalar(op, *max, x.dtype());
  return {min.value_or(no_limit(x.dtype(), true)), max.value_or(no_limit(x.dtype(), false))};
}

}  // namespace

Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  return apply(clamp_to("clamp", x, min, max), x);
}

const Tensor& TensorMethods::clamp_(std::optional<Scalar> min, std::optional<Scalar> max) const {
  const Clamp limits = clamp_to("clamp_", self(), min, max);
  return elementwise_in_place("clamp_", self(), kernels::Clamp{{}, limits.min, limits.max});
}

Tensor hardtanh(const Tensor& x, double min, double max) {
  check_dtype("hardtanh", x, kFloating);
  check<ValueError>(min < max, "hardtanh: expected min < max, got {} and {}", min, max);
  return apply(Hardtanh{min, max}, x);
}

}  // namespace reel
