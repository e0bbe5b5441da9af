// Equality of tensors, exact or within tolerances: equal, allclose, isclose.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

Tensor close(std::string_view op, const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  check_option(op, "rtol", rtol, kAtLeastZero);
  check_option(op, "atol", atol, kAtLeastZero);
  const NoGradGuard guard;
  const auto [x, y] = broadcast(op, a, b);
  return elementwise(op, kernels::IsClose{{}, rtol, atol, equal_nan}, x, y);
}

}  // namespace

Tensor isclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return close("isclose", a, b, rtol, atol, equal_nan);
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  return all(close("allclose", a, b, rtol, atol, equal_nan)).item<bool>();
}

bool equal(const Tensor& a, const Tensor& b) {
  check_same_dtype("equal", a, b);
  check_same_device("equal", a, b);
  check_dtype("equal", a, kNumericAndBool);
  return a.shape() == b.shape() && all(elementwise("equal", kernels::Equal{}, a, b)).item<bool>();
}

}  // namespace reel
