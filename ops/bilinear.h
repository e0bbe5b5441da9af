#pragma once

#include <reel/tensor/tensor.h>

namespace reel {

/// a^T W_k b + bias_k for each result k: a [..., n], b [..., m], weight [out, n, m], bias [out] or undefined -> [...,
/// out]. Leading dimensions of a and b are the same.
Tensor bilinear(const Tensor& a, const Tensor& b, const Tensor& weight, const Tensor& bias = {});

}  // namespace reel
