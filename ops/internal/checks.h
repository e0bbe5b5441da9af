#pragma once

#include <string_view>

#include <reel/tensor/core/check.h>
#include <reel/tensor/tensor.h>

/// The argument checks that operations share, so that the same mistake has the same message everywhere.
namespace reel::detail {

inline void check_defined(std::string_view op, const Tensor& x) {
  check<ValueError>(x.defined(), "{}: an argument is an undefined tensor", op);
}

inline void check_dtype(std::string_view op, const Tensor& x, DTypeSet expected) {
  check<DTypeError>(expected.contains(x.dtype()), "{}: expects dtype {}, got {}{}", op, expected, x.dtype(),
                    is_floating(x.dtype()) || !expected.contains(DType::f32) ? "" : "; convert it first with to()");
}

inline void check_same_dtype(std::string_view op, const Tensor& a, const Tensor& b) {
  check<DTypeError>(a.dtype() == b.dtype(), "{}: the dtypes differ: {} and {}; convert one with to()", op, a.dtype(),
                    b.dtype());
}

inline void check_same_device(std::string_view op, const Tensor& a, const Tensor& b) {
  check<DeviceError>(a.device() == b.device(), "{}: the devices differ: {} and {}; move one with to()", op, a.device(),
                     b.device());
}

/// Indices or class labels as i64, which kernels take; a DTypeError unless they are i64 or i32.
inline Tensor as_i64(std::string_view op, std::string_view what, const Tensor& x) {
  check<DTypeError>(x.dtype() == DType::i64 || x.dtype() == DType::i32,
                    "{}: expected {} of dtype i64 or i32, got {}; convert it with to()", op, what, x.dtype());
  return x.to(DType::i64);
}

/// A scalar operand takes the tensor's dtype, if that can hold it.
inline void check_scalar(std::string_view op, Scalar value, DType dtype) {
  check<DTypeError>(value.fits(dtype), "{}: the number {} cannot be represented in the tensor's dtype {}", op, value,
                    dtype);
}

inline void check_rank(std::string_view op, std::string_view what, const Tensor& x, int rank) {
  check<ShapeError>(x.dim() == rank, "{}: {} must have rank {}, got shape {}", op, what, rank, x.shape());
}

/// The common shape by NumPy's rules: sizes are compared from the last dimension backwards, and 1 is expanded.
inline Shape broadcast_shapes(std::string_view op, const Shape& a, const Shape& b) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  Shape out = longer;
  const int shift = longer.size() - shorter.size();
  for (int i = 0; i < shorter.size(); ++i) {
    const std::int64_t n = longer[i + shift], m = shorter[i];
    check<ShapeError>(n == m || n == 1 || m == 1, "{}: the shapes {} and {} cannot be broadcast together", op, a, b);
    out[i + shift] = n == 1 ? m : n;
  }
  return out;
}

}  // namespace reel::detail
