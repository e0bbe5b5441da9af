#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

/// Local response normalisation: y = x * s^-beta with s = k + alpha / size * (sum of x^2 over the channels from
/// c - size / 2 to c + (size - 1) / 2).
namespace reel::kernels {

/// A call in either direction.
struct ResponseNormArgs {
  DType dtype;
  std::int64_t blocks, channels, inner;  // memory [blocks, channels, inner], of f32 or f64
  std::int64_t size;
  double alpha, beta, k;
  const void* x;
  const void* grad;  // of y; null in forward
  void* out;         // y, or the gradient of x
};

namespace cpu {
void response_norm(const ResponseNormArgs& args);
void response_norm_grad(const ResponseNormArgs& args);
}  // namespace cpu

/// out = y.
inline constexpr KernelTable<void(const ResponseNormArgs&)> response_norm{&cpu::response_norm};
/// out = the gradient of x.
inline constexpr KernelTable<void(const ResponseNormArgs&)> response_norm_grad{&cpu::response_norm_grad};

}  // namespace reel::kernels
