#pragma once

#include <cstdint>

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
