// Shifts of the bits of integers.

#include <reel/ops/shift.h>

#include <reel/kernels/shift_ops.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

template <class Functor> Tensor shift(std::string_view op, const Tensor& a, const Tensor& b) {
  check_dtype(op, a, Functor::dtypes);
  check_same_dtype(op, a, b);
  check_same_device(op, a, b);
  const auto [x, y] = broadcast(op, a, b);
  return elementwise(op, Functor{}, x, y);
}

template <class Functor> Tensor shift(std::string_view op, const Tensor& a, Scalar b) {
  check_dtype(op, a, Functor::dtypes);
  check_scalar(op, b, a);
  return shift<Functor>(op, a, full({}, b, {.dtype = a.dtype(), .device = a.device()}));
}

}  // namespace

Tensor bitwise_left_shift(const Tensor& a, const Tensor& b) {
  return shift<kernels::LeftShift>("bitwise_left_shift", a, b);
}
Tensor bitwise_left_shift(const Tensor& a, Scalar b) { return shift<kernels::LeftShift>("bitwise_left_shift", a, b); }
Tensor bitwise_right_shift(const Tensor& a, const Tensor& b) {
  return shift<kernels::RightShift>("bitwise_right_shift", a, b);
}
Tensor bitwise_right_shift(const Tensor& a, Scalar b) {
  return shift<kernels::RightShift>("bitwise_right_shift", a, b);
}

Tensor operator<<(const Tensor& a, const Tensor& b) { return bitwise_left_shift(a, b); }
Tensor operator<<(const Tensor& a, Scalar b) { return bitwise_left_shift(a, b); }
Tensor operator>>(const Tensor& a, const Tensor& b) { return bitwise_right_shift(a, b); }
Tensor operator>>(const Tensor& a, Scalar b) { return bitwise_right_shift(a, b); }

}  // namespace reel
