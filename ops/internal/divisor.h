#pragma once

#include <string_view>

#include <reel/ops/internal/checks.h>
#include <reel/ops/reduction.h>

/// Integer division by 0 has no value: an error, before anything is computed.
namespace reel::detail {

inline void check_divisor(std::string_view op, const Tensor& a, const Tensor& b) {
  check_dtype(op, b, kNumeric);
  check_same_dtype(op, a, b);
  check<ValueError>(is_floating(b.dtype()) || all(b).item<bool>(),
                    "{}: expected an integer divisor other than 0, got 0", op);
}

inline void check_divisor(std::string_view op, const Tensor& a, Scalar b) {
  check_dtype(op, a, kNumeric);
  check_scalar(op, b, a);
  check<ValueError>(is_floating(a.dtype()) || b.to<double>() != 0,
                    "{}: expected an integer divisor other than 0, got 0", op);
}

}  // namespace reel::detail
