// In-place arithmetic and functions of each element. An operand is broadcast; the tensor's shape never changes.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/divisor.h>
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
  check_scalar(op, value, x.dtype());
  return elementwise_in_place(op, x, kernels::ScalarRight<F>{{}, value});
}

}  // namespace

const Tensor& TensorMethods::add_(const Tensor& other, Scalar alpha) const {
  check_scalar("add_", alpha, self().dtype());
  return update("add_", self(), kernels::AddScaled{{}, alpha}, other);
}
const Tensor& TensorMethods::sub_(const Tensor& other, Scalar alpha) const {
  check_scalar("sub_", alpha, self().dtype());
  return update("sub_", self(), kernels::SubScaled{{}, alpha}, other);
}
const Tensor& TensorMethods::mul_(const Tensor& other) const { return update("mul_", self(), kernels::Mul{}, other); }
const Tensor& TensorMethods::div_(const Tensor& other) const { return update("div_", self(), kernels::Div{}, other); }
const Tensor& TensorMethods::add_(Scalar other) const { return update<kernels::Add>("add_", self(), other); }
const Tensor& TensorMethods::sub_(Scalar other) const { return update<kernels::Sub>("sub_", self(), other); }
const Tensor& TensorMethods::mul_(Scalar other) const { return update<kernels::Mul>("mul_", self(), other); }
const Tensor& TensorMethods::div_(Scalar other) const { return update<kernels::Div>("div_", self(), other); }
const Tensor& TensorMethods::remainder_(Scalar divisor) const {
  check_divisor("remainder_", self(), divisor);
  return update<kernels::Remainder>("remainder_", self(), divisor);
}

const Tensor& TensorMethods::abs_() const { return elementwise_in_place<kernels::Abs>("abs_", self()); }
const Tensor& TensorMethods::neg_() const { return elementwise_in_place<kernels::Neg>("neg_", self()); }
const Tensor& TensorMethods::sign_() const { return elementwise_in_place<kernels::Sign>("sign_", self()); }
const Tensor& TensorMethods::exp_() const { return elementwise_in_place<kernels::Exp>("exp_", self()); }
const Tensor& TensorMethods::expm1_() const { return elementwise_in_place<kernels::Expm1>("expm1_", self()); }
const Tensor& TensorMethods::log_() const { return elementwise_in_place<kernels::Log>("log_", self()); }
const Tensor& TensorMethods::log1p_() const { return elementwise_in_place<kernels::Log1p>("log1p_", self()); }
const Tensor& TensorMethods::log2_() const { return elementwise_in_place<kernels::Log2>("log2_", self()); }
const Tensor& TensorMethods::sqrt_() const { return elementwise_in_place<kernels::Sqrt>("sqrt_", self()); }
const Tensor& TensorMethods::rsqrt_() const { return elementwise_in_place<kernels::Rsqrt>("rsqrt_", self()); }
const Tensor& TensorMethods::square_() const { return elementwise_in_place<kernels::Square>("square_", self()); }
const Tensor& TensorMethods::reciprocal_() const {
  return elementwise_in_place<kernels::Reciprocal>("reciprocal_", self());
}
const Tensor& TensorMethods::sin_() const { return elementwise_in_place<kernels::Sin>("sin_", self()); }
const Tensor& TensorMethods::cos_() const { return elementwise_in_place<kernels::Cos>("cos_", self()); }
const Tensor& TensorMethods::tan_() const { return elementwise_in_place<kernels::Tan>("tan_", self()); }
const Tensor& TensorMethods::asin_() const { return elementwise_in_place<kernels::Asin>("asin_", self()); }
const Tensor& TensorMethods::acos_() const { return elementwise_in_place<kernels::Acos>("acos_", self()); }
const Tensor& TensorMethods::atan_() const { return elementwise_in_place<kernels::Atan>("atan_", self()); }
const Tensor& TensorMethods::sinh_() const { return elementwise_in_place<kernels::Sinh>("sinh_", self()); }
const Tensor& TensorMethods::cosh_() const { return elementwise_in_place<kernels::Cosh>("cosh_", self()); }
const Tensor& TensorMethods::tanh_() const { return elementwise_in_place<kernels::Tanh>("tanh_", self()); }
const Tensor& TensorMethods::erf_() const { return elementwise_in_place<kernels::Erf>("erf_", self()); }
const Tensor& TensorMethods::floor_() const { return elementwise_in_place<kernels::Floor>("floor_", self()); }
const Tensor& TensorMethods::ceil_() const { return elementwise_in_place<kernels::Ceil>("ceil_", self()); }
const Tensor& TensorMethods::round_() const { return elementwise_in_place<kernels::Round>("round_", self()); }
const Tensor& TensorMethods::sigmoid_() const { return elementwise_in_place<kernels::Sigmoid>("sigmoid_", self()); }
const Tensor& TensorMethods::relu_() const { return elementwise_in_place<kernels::Relu>("relu_", self()); }

}  // namespace reel
