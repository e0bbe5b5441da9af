#pragma once

#include <reel/tensor/tensor.h>

/// Dropout for self-normalising networks (Klambauer et al. 2017).
namespace reel {

/// In training, sets elements with probability p to the value that `selu` has far below 0, and scales and shifts all so
/// that mean 0 and variance 1 stay; else x itself. p = 1 gives zeros.
Tensor alpha_dropout(const Tensor& x, double p = 0.5, bool training = false);
/// The same for whole channels of [N, C, ...].
Tensor feature_alpha_dropout(const Tensor& x, double p = 0.5, bool training = false);

}  // namespace reel
