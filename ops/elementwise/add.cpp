// Addition, subtraction and negation: add, sub, neg and their operators.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

bool is_one(Scalar s) { return s.is_integral() && s.to<std::int64_t>() == 1; }

struct Add {
  static constexpr std::string_view name = "add";
  Scalar alpha;

  Tensor forward(Context&, const Tensor& a, const Tensor& b) const {
    if (is_one(alpha)) return elementwise(name, kernels::Add{}, a, b);
    return elementwise(name, kernels::AddScaled{{}, alpha}, a, b);
  }
  Grads<2> backward(const Context&, const Tensor& grad) const { return {grad, is_one(alpha) ? grad : grad * alpha}; }
};

struct Sub {
  static constexpr std::string_view name = "sub";
  Scalar alpha;

  Tensor forward(Context&, const Tensor& a, const Tensor& b) const {
    if (is_one(alpha)) return elementwise(name, kernels::Sub{}, a, b);
    return elementwise(name, kernels::SubScaled{{}, alpha}, a, b);
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    if (!ctx.needs_grad(1)) return {grad, Tensor()};
    return {grad, is_one(alpha) ? -grad : -(grad * alpha)};
  }
};

struct AddScalar {
  static constexpr std::string_view name = "add_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Add>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad}; }
};

struct SubScalar {
  static constexpr std::string_view name = "sub_scalar";
  Scalar value;

  Tensor forward(Context&, const Tensor& a) const {
    return elementwise(name, kernels::ScalarRight<kernels::Sub>{{}, value}, a);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad}; }
};

/// value - x.
struct ScalarSub {
  static constexpr std::string_view name = "scalar_sub";
  Scalar value;

  Tensor forward(Context&, const Tensor& x) const {
    return elementwise(name, kernels::ScalarLeft<kernels::Sub>{{}, value}, x);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {-grad}; }
};

struct Neg {
  static constexpr std::string_view name = "neg";

  Tensor forward(Context&, const Tensor& x) const { return elementwise(name, kernels::Neg{}, x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {-grad}; }
};

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, Scalar alpha) {
  check_scalar("add", alpha, b, "the second operand");
  return apply_broadcast(Add{alpha}, a, b);
}

Tensor add(const Tensor& a, Scalar b) {
  check_scalar("add", b, a);
  return apply(AddScalar{b}, a);
}

Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha) {
  check_scalar("sub", alpha, b, "the second operand");
  return apply_broadcast(Sub{alpha}, a, b);
}

Tensor sub(const Tensor& a, Scalar b) {
  check_scalar("sub", b, a);
  return apply(SubScalar{b}, a);
}

Tensor neg(const Tensor& x) { return apply(Neg{}, x); }

Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b); }
Tensor operator+(const Tensor& a, Scalar b) { return add(a, b); }
Tensor operator+(Scalar a, const Tensor& b) { return add(b, a); }
Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b); }
Tensor operator-(const Tensor& a, Scalar b) { return sub(a, b); }
Tensor operator-(Scalar a, const Tensor& b) {
  check_scalar("sub", a, b);
  return apply(ScalarSub{a}, b);
}
Tensor operator-(const Tensor& x) { return neg(x); }

}  // namespace reel
