#pragma once

#include <cstdint>

#include <reel/kernels/table.h>
#include <reel/tensor/dtype.h>

/// One step of an optimizer for one parameter: all arrays have n contiguous elements in the same order. `sign` is -1 to
/// maximise. With g = sign * grad + weight_decay * param (unless the decay is decoupled), the formulas are PyTorch's.
namespace reel::kernels {

struct SgdArgs {
  DType dtype;
  std::int64_t n;
  void* param;
  const void* grad;
  void* velocity;  // null without momentum
  double sign, lr, weight_decay;
  double momentum, gradient_share;  // v = momentum * v + gradient_share * g
  bool nesterov;
};

struct AdamArgs {
  DType dtype;
  std::int64_t n;
  void* param;
  const void* grad;
  void* mean;
  void* square;
  void* largest;  // the largest `square` so far (AMSGrad), or null
  double sign, lr, weight_decay;
  double beta1, beta2, eps;
  double correction1, correction2;  // 1 - beta^t
  bool decoupled;                   // the decay shrinks the parameter directly (AdamW)
};

struct RmspropArgs {
  DType dtype;
  std::int64_t n;
  void* param;
  const void* grad;
  void* square;
  void* mean;      // null unless centered
  void* velocity;  // null without momentum
  double sign, lr, weight_decay;
  double alpha, eps, momentum;
};

struct AdagradArgs {
  DType dtype;
  std::int64_t n;
  void* param;
  const void* grad;
  void* sum;
  double sign, lr, weight_decay;
  double eps;
};

namespace cpu {
void sgd(const SgdArgs& args);
void adam(const AdamArgs& args);
void rmsprop(const RmspropArgs& args);
void adagrad(const AdagradArgs& args);
}  // namespace cpu

/// v = momentum * v + gradient_share * g; param -= lr * v, or with Nesterov lr * (g + momentum * v).
inline constexpr KernelTable<void(const SgdArgs&)> sgd{&cpu::sgd};
/// m = beta1 m + (1 - beta1) g; s = beta2 s + (1 - beta2) g^2; param -= lr / c1 * m / (sqrt(s / c2) + eps).
inline constexpr KernelTable<void(const AdamArgs&)> adam{&cpu::adam};
/// s = alpha s + (1 - alpha) g^2; param -= lr * g / (sqrt(s) + eps), centered by the mean's square, with momentum.
inline constexpr KernelTable<void(const RmspropArgs&)> rmsprop{&cpu::rmsprop};
/// s += g^2; param -= lr * g / (sqrt(s) + eps).
inline constexpr KernelTable<void(const AdagradArgs&)> adagrad{&cpu::adagrad};

}  // namespace reel::kernels
