#pragma once

#include <cstdint>

#include <reel/tensor/tensor.h>

/// Activation functions.
namespace reel {

/// The forms of gelu: `none` is exact, `tanh` approximates the normal distribution function by a tanh.
enum class GeluApproximate : std::uint8_t { none, tanh };

/// 1 / (1 + exp(-x)).
Tensor sigmoid(const Tensor& x);
/// log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// max(x, 0). Its gradient at 0 is 0, as in PyTorch (some texts write 1; both are subgradients). Also integers.
Tensor relu(const Tensor& x);
/// x where x > 0, else slope * x.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x where x > 0, else weight * x with a learnt weight: of one element, or one for each channel (dimension 1).
Tensor prelu(const Tensor& x, const Tensor& weight);
/// x where x > 0, else alpha * (exp(x) - 1).
Tensor elu(const Tensor& x, double alpha = 1);
/// The self-normalising unit: 1.0507 * elu(x, 1.6733) (Klambauer et al. 2017).
Tensor selu(const Tensor& x);
/// x * Phi(x) with Phi the standard normal distribution function (Hendrycks and Gimpel 2016).
Tensor gelu(const Tensor& x);
/// The same, or with Phi(x) approximated as (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2, as GPT-2 has it.
Tensor gelu(const Tensor& x, GeluApproximate approximate);
/// x * sigmoid(x).
Tensor silu(const Tensor& x);
/// a * sigmoid(b) of the halves a and b of a dimension, whose size must be even (Dauphin et al. 2017).
Tensor glu(const Tensor& x, std::int64_t dim = -1);
/// silu(gate) * up in one pass over memory each way: the gate of the feed-forward layers of Llama (Shazeer 2020).
Tensor swiglu(const Tensor& gate, const Tensor& up);
/// x * tanh(softplus(x)) (Misra 2019).
Tensor mish(const Tensor& x);
/// x limited to [min, max]; the gradient is 1 inside, 0 on the limits and outside.
Tensor hardtanh(const Tensor& x, double min = -1, double max = 1);
/// exp(x) / sum(exp(x)) along a dimension, exact for logits of any size.
Tensor softmax(const Tensor& x, std::int64_t dim);
/// log(softmax(x)), exact for logits of any size.
Tensor log_softmax(const Tensor& x, std::int64_t dim);

}  // namespace reel
