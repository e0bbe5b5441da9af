// Logical and bitwise operations, and tests for NaN and infinity.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// F(a, b); not differentiable.
template <class F> Tensor combine(std::string_view op, const Tensor& a, const Tensor& b) {
  check_same_dtype(op, a, b);
  const NoGradGuard guard;
  const auto [x, y] = broadcast(op, a, b);
  return elementwise(op, F{}, x, y);
}

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) { return combine<kernels::LogicalAnd>("logical_and", a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return combine<kernels::LogicalOr>("logical_or", a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return combine<kernels::LogicalXor>("logical_xor", a, b); }
Tensor logical_not(const Tensor& x) { return elementwise("logical_not", kernels::LogicalNot{}, x); }

Tensor bitwise_and(const Tensor& a, const Tensor& b) { return combine<kernels::BitwiseAnd>("bitwise_and", a, b); }
Tensor bitwise_or(const Tensor& a, const Tensor& b) { return combine<kernels::BitwiseOr>("bitwise_or", a, b); }
Tensor bitwise_xor(const Tensor& a, const Tensor& b) { return combine<kernels::BitwiseXor>("bitwise_xor", a, b); }
Tensor bitwise_not(const Tensor& x) { return elementwise("bitwise_not", kernels::BitwiseNot{}, x); }

Tensor operator&(const Tensor& a, const Tensor& b) { return bitwise_and(a, b); }
Tensor operator|(const Tensor& a, const Tensor& b) { return bitwise_or(a, b); }
Tensor operator^(const Tensor& a, const Tensor& b) { return bitwise_xor(a, b); }
Tensor operator~(const Tensor& x) { return bitwise_not(x); }
Tensor operator!(const Tensor& x) { return logical_not(x); }

Tensor isnan(const Tensor& x) { return elementwise("isnan", kernels::IsNan{}, x); }
Tensor isinf(const Tensor& x) { return elementwise("isinf", kernels::IsInf{}, x); }

}  // namespace reel
