#pragma once

#include <cstdint>
#include <type_traits>

#include <reel/kernels/table.h>
#include <reel/kernels/vector_math.h>
#include <reel/tensor/core/dtype.h>
#include <reel/tensor/core/host_device.h>

/// Local response normalisation: y = x * s^-beta with s = k + alpha / size * (sum of x^2 over the channels from
/// c - size / 2 to c + (size - 1) / 2).
namespace reel::kernels {

/// The arguments of forward and backward.
struct ResponseNormArgs {
  DType dtype;
  std::int64_t blocks, channels, inner;  // memory [blocks, channels, inner], of f32 or f64
  std::int64_t size;
  double alpha, beta, k;
  const void* x;
  const void* grad;  // of y; null in forward
  void* out;         // y, or the gradient of x
};

/// s^(-3/4), for the usual exponent: from square roots, five times as fast as pow.
template <class T> REEL_HD T inverse_three_quarters_power(T s) {
  const T root = math::sqrt(s);
  return T(1) / (root * math::sqrt(root));
}

/// Whether s is so far from 1 that squares, powers or products in f32 may have left the range. The power is NaN then,
/// and what becomes NaN by it is computed by `WideResponse`. Nothing is wider than f64.
template <class T> REEL_HD bool needs_wide_response(T s) {
  if constexpr (std::is_same_v<T, float>) return !(s > 0x1p-60F && s < 0x1p+60F);
  else return false;
}

/// The results for single elements in f64. `x(c)` and `grad(c)` are the elements of channel c.
struct WideResponse {
  std::int64_t channels, before, after;  // channels of a window on either side of its centre
  double alpha_over_size, beta, k;

  /// Sums f(j) over the channels from c - first to c + last.
  template <class F> REEL_HD double sum_window(std::int64_t c, std::int64_t first, std::int64_t last, F f) const {
    double sum = 0;
    for (std::int64_t j = c < first ? 0 : c - first; j < channels && j <= c + last; ++j) sum += f(j);
    return sum;
  }
  template <class X> REEL_HD double s(std::int64_t c, X x) const {
    return k + alpha_over_size * sum_window(c, before, after, [&](std::int64_t j) { return x(j) * x(j); });
  }
  template <class X> REEL_HD double y(std::int64_t c, X x) const { return x(c) * math::pow(s(c, x), -beta); }
  template <class X, class Grad> REEL_HD double x_grad(std::int64_t c, X x, Grad grad) const {
    const double products = sum_window(c, after, before, [&](std::int64_t j) {  // the transposed window
      return grad(j) * x(j) * math::pow(s(j, x), -beta - 1);
    });
    return grad(c) * math::pow(s(c, x), -beta) - 2 * alpha_over_size * beta * x(c) * products;
  }
};

namespace cpu {
void response_norm(const ResponseNormArgs& args);
void response_norm_grad(const ResponseNormArgs& args);
}  // namespace cpu
namespace cuda {
void response_norm(const ResponseNormArgs& args);
void response_norm_grad(const ResponseNormArgs& args);
}  // namespace cuda

/// out = y.
inline constexpr KernelTable<void(const ResponseNormArgs&)> response_norm{&cpu::response_norm, &cuda::response_norm};
/// out = the gradient of x.
inline constexpr KernelTable<void(const ResponseNormArgs&)> response_norm_grad{&cpu::response_norm_grad,
                                                                               &cuda::response_norm_grad};

}  // namespace reel::kernels
