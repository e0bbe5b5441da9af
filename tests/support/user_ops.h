#pragma once

#include <stdexcept>
#include <string_view>
#include <vector>

#include <reel/autograd/tape/op.h>
#include <reel/ops/ops.h>

/// Operations written outside the library, by its own protocol. Their names begin with "test_".
namespace reel::testing {

/// x * x with a formula of its own.
struct Squared {
  static constexpr std::string_view name = "test_squared";
  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return x * x;
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * ctx.saved(0) * 2}; }
};

/// x * x with a gradient that is right and cannot be differentiated rightly.
struct HalfRight {
  static constexpr std::string_view name = "test_half_right";
  Tensor forward(Context& ctx, const Tensor& x) const { return ctx.save(x) * x; }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const { return {grad * ctx.saved(0).detach() * 2}; }
};

/// Two outputs, a + b and a * b: either may be unused.
struct SumAndProduct {
  static constexpr std::string_view name = "test_sum_and_product";
  std::array<Tensor, 2> forward(Context& ctx, const Tensor& a, const Tensor& b) const {
    ctx.save(a);
    ctx.save(b);
    return {a + b, a * b};
  }
  Grads<2> backward(const Context& ctx, std::span<const Tensor> grads) const {
    Tensor da = grads[0], db = grads[0];
    if (grads[1].defined()) {
      const Tensor pa = grads[1] * ctx.saved(1), pb = grads[1] * ctx.saved(0);
      da = da.defined() ? da + pa : pa;
      db = db.defined() ? db + pb : pb;
    }
    return {da, db};
  }
};

/// a + b, whose backward notes which gradients are wanted.
struct Asked {
  static constexpr std::string_view name = "test_asked";
  std::vector<bool>* asked;
  Tensor forward(Context&, const Tensor& a, const Tensor& b) const { return a + b; }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    *asked = {ctx.needs_grad(0), ctx.needs_grad(1)};
    return {grad, grad};
  }
};

/// The identity, whose backward throws.
struct Failing {
  static constexpr std::string_view name = "test_failing";
  Tensor forward(Context&, const Tensor& x) const { return x.clone(); }
  Grads<1> backward(const Context&, const Tensor&) const { throw std::logic_error("no gradient today"); }
};

/// The identity, whose backward returns a gradient of another shape, dtype or number than asked for.
struct Lying {
  static constexpr std::string_view name = "test_lying";
  enum class About { shape, dtype, count } about;
  Tensor forward(Context&, const Tensor& x) const { return x.clone(); }
  std::vector<Tensor> backward(const Context&, const Tensor& grad) const {
    if (about == About::shape) return {ones({7}, {.dtype = grad.dtype()})};
    if (about == About::dtype) return {grad.to(grad.dtype() == DType::f32 ? DType::f64 : DType::f32)};
    return {grad, grad};
  }
};

/// Returns its input, which the protocol forbids.
struct Aliasing {
  static constexpr std::string_view name = "test_aliasing";
  Tensor forward(Context&, const Tensor& x) const { return x; }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad}; }
};

/// x / 0, whose gradient is NaN where that of the output is 0.
struct NanGradient {
  static constexpr std::string_view name = "test_nan_gradient";
  Tensor forward(Context&, const Tensor& x) const { return x.clone(); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {grad * 0 / zeros_like(grad)}; }
};

}  // namespace reel::testing
