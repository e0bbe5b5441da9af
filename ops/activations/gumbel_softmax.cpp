// Variants of softmax: softmin, gumbel_softmax.

#include <limits>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/activation.h>
#include <reel/ops/activation_variants.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;

Tensor softmin(const Tensor& x, std::int64_t dim) {
  check_dtype("softmin", x, kFloating);
  wrap_dim("softmin", dim, x.dim());
  return softmax(-x, dim);
}

Tensor gumbel_softmax(const Tensor& logits, double tau, bool hard, std::int64_t dim) {
  check_dtype("gumbel_softmax", logits, kFloating);
  check_option("gumbel_softmax", "tau", tau, kPositive);
  wrap_dim("gumbel_softmax", dim, logits.dim());
  if (is_half(logits)) {
    return in_f32(
        "gumbel_softmax", [&](const Tensor& x) { return gumbel_softmax(x, tau, hard, dim); }, logits);
  }
  const Tensor noise = no_grad([&] {
    // In f32 for both dtypes, which so get the same numbers. A draw may be 0, whose logarithm is infinite: two of them
    // would make the softmax NaN.
    const Tensor draws = clamp(rand(logits.shape(), {.device = logits.device()}), std::numeric_limits<float>::min());
    return -log(-log(draws.to(DType::f64))).to(logits.dtype());  // so that devices agree
  });
  const Tensor soft = softmax((logits + noise) / tau, dim);
  if (!hard) return soft;
  const Tensor choice = no_grad([&] {
    const Tensor largest = argmax(soft, dim, true);
    return scatter(zeros_like(soft), dim, largest,
                   ones(largest.shape(), {.dtype = soft.dtype(), .device = soft.device()}));
  });
  return choice + (soft - soft.detach());  // what is added is 0, with the gradient of `soft`
}

}  // namespace reel
