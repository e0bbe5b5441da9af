// Logical operations and tests for NaN and infinity, all with boolean results.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

template <class F> Tensor logical(std::string_view op, const Tensor& a, const Tensor& b) {
  const NoGradGuard guard;
  const auto [x, y] = broadcast(op, a, b);
  return elementwise(op, F{}, x, y);
}

}  // namespace

Tensor logical_and(const Tensor& a, const Tensor& b) { return logical<kernels::LogicalAnd>("logical_and", a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return logical<kernels::LogicalOr>("logical_or", a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return logical<kernels::LogicalXor>("logical_xor", a, b); }
Tensor logical_not(const Tensor& x) { return elementwise("logical_not", kernels::LogicalNot{}, x); }
Tensor isnan(const Tensor& x) { return elementwise("isnan", kernels::IsNan{}, x); }
Tensor isinf(const Tensor& x) { return elementwise("isinf", kernels::IsInf{}, x); }

}  // namespace reel
