#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/core/dtype.h>

/// Softmax and log-softmax over the middle dimension of [outer, n, inner].
namespace reel::kernels {

struct SoftmaxArgs {
  DType dtype;
  bool log;  // log(softmax(x)) instead of softmax(x)
  const void* x;
  void* out;
  std::int64_t outer, n, inner;
};

struct SoftmaxGradArgs {
  DType dtype;
  bool log;
  const void* grad;  // of the result
  const void* y;     // the result
  void* grad_x;
  std::int64_t outer, n, inner;
};

namespace cpu {
void softmax(const SoftmaxArgs& args);
void softmax_grad(const SoftmaxGradArgs& args);
}  // namespace cpu
namespace cuda {
void softmax(const SoftmaxArgs& args);
void softmax_grad(const SoftmaxGradArgs& args);
}  // namespace cuda

/// out = exp(x - max) / sum(exp(x - max)), or its logarithm, without overflow for x of any size.
inline constexpr KernelTable<void(const SoftmaxArgs&)> softmax{&cpu::softmax, &cuda::softmax};
/// grad_x = y * (grad - sum(grad * y)); for the logarithm grad - exp(y) * sum(grad).
inline constexpr KernelTable<void(const SoftmaxGradArgs&)> softmax_grad{&cpu::softmax_grad, &cuda::softmax_grad};

}  // namespace reel::kernels
