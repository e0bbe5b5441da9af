#pragma once

#include <cstdint>

#include <reel/tensor/tensor.h>

/// The rarer activation functions, which PyTorch has in nn.functional alone. Where x is NaN, so are result and
/// gradient, unless a line says that the gradient is passed on.
namespace reel {

/// x * min(max(x + 3, 0), 6) / 6 (Howard et al. 2019).
Tensor hardswish(const Tensor& x);
/// min(max(x + 3, 0), 6) / 6; the gradient is 1/6 inside, 0 on the limits and outside, and passed on at NaN.
Tensor hardsigmoid(const Tensor& x);
/// x limited to [0, 6]; the gradient is 1 inside, 0 on the limits and outside, and passed on at NaN.
Tensor relu6(const Tensor& x);
/// x where x > 0, else alpha * (exp(x / alpha) - 1): `elu` with a continuous gradient (Barron 2017). alpha is above 0.
Tensor celu(const Tensor& x, double alpha = 1);
/// x / (1 + |x|).
Tensor softsign(const Tensor& x);
/// x - tanh(x).
Tensor tanhshrink(const Tensor& x);
/// x where |x| > lambd, else 0, with the gradient 1 or 0, passed on at NaN.
Tensor hardshrink(const Tensor& x, double lambd = 0.5);
/// x brought nearer to 0 by lambd, 0 where |x| <= lambd; the gradient is 1 or 0, passed on at NaN.
Tensor softshrink(const Tensor& x, double lambd = 0.5);
/// x where x > threshold, else `value`; the gradient is 1 or 0. A NaN stays, and passes the gradient on.
Tensor threshold(const Tensor& x, double threshold, double value);
/// log(sigmoid(x)), exact for arguments of any size.
Tensor logsigmoid(const Tensor& x);
/// softmax(-x) along a dimension.
Tensor softmin(const Tensor& x, std::int64_t dim);
/// `leaky_relu` whose slope is drawn for each element uniformly from [lower, upper) in training, else their mean (Xu et
/// al. 2015). Draws from the default generator.
Tensor rrelu(const Tensor& x, double lower = 1.0 / 8, double upper = 1.0 / 3, bool training = false);
/// softmax((logits + g) / tau) along a dimension with numbers g from Gumbel's distribution: a sample of a class, made
/// differentiable (Jang et al. 2017). With `hard` the result is 1 at its largest element and 0 elsewhere, and the
/// gradient is that of the soft result. Draws from the default generator.
Tensor gumbel_softmax(const Tensor& logits, double tau = 1, bool hard = false, std::int64_t dim = -1);

}  // namespace reel
