// The in-place arithmetic of Tensor, which broadcasts the operand but never changes the tensor's shape.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/elementwise.h>

namespace reel {
using namespace detail;
namespace {

template <class F> const Tensor& update(std::string_view op, const Tensor& x, const F& f, const Tensor& other) {
  check_in_place(op, x);
  check_unrecorded_operand(op, other);
  check_dtype(op, x, F::dtypes);
  check_same_dtype(op, x, other);
  check_same_device(op, x, other);
  check<ShapeError>(broadcast_shapes(op, x.shape(), other.shape()) == x.shape(),
                    "{}: expected an operand that broadcasts to {}, got shape {}", op, x.shape(), other.shape());
  const NoGradGuard guard;
  elementwise_into(x, f, x, copy_if_aliased(x, other.expand(x.shape())));
  x.bump_version();
  return x;
}

template <class F> const Tensor& update(std::string_view op, const Tensor& x, Scalar value) {
  check_in_place(op, x);
  check_dtype(op, x, F::dtypes);
  check_scalar(op, value, x);
  elementwise_into(x, kernels::ScalarRight<F>{{}, value}, x);
  x.bump_version();
  return x;
}

}  // namespace

const Tensor& Tensor::add_(const Tensor& other, Scalar alpha) const {
  check_scalar("add_", alpha, *this, "the tensor");
  return update("add_", *this, kernels::AddScaled{{}, alpha}, other);
}
const Tensor& Tensor::sub_(const Tensor& other, Scalar alpha) const {
  check_scalar("sub_", alpha, *this, "the tensor");
  return update("sub_", *this, kernels::SubScaled{{}, alpha}, other);
}
const Tensor& Tensor::mul_(const Tensor& other) const { return update("mul_", *this, kernels::Mul{}, other); }
const Tensor& Tensor::div_(const Tensor& other) const { return update("div_", *this, kernels::Div{}, other); }
const Tensor& Tensor::add_(Scalar other) const { return update<kernels::Add>("add_", *this, other); }
const Tensor& Tensor::sub_(Scalar other) const { return update<kernels::Sub>("sub_", *this, other); }
const Tensor& Tensor::mul_(Scalar other) const { return update<kernels::Mul>("mul_", *this, other); }
const Tensor& Tensor::div_(Scalar other) const { return update<kernels::Div>("div_", *this, other); }

}  // namespace reel
