#pragma once

#include <reel/tensor/tensor.h>

namespace reel::optim {

/// Scales all gradients together so that their norm, as one vector, is at most `max_norm`, and returns the norm from
/// before: total = (sum |g|^p)^(1/p), g *= min(1, max_norm / (total + 1e-6)). `norm_type` p may be infinity. Parameters
/// without a gradient are skipped. Gradients may be of any magnitude: the total is a double, right also where powers or
/// the dtype of the gradients cannot hold it. A total that is infinite or NaN makes the gradients useless, as in
/// PyTorch, or with `error_if_nonfinite` is a ValueError that changes nothing.
double clip_grad_norm_(const Tensors& params, double max_norm, double norm_type = 2, bool error_if_nonfinite = false);

/// Limits every element of every gradient to [-clip_value, clip_value].
void clip_grad_value_(const Tensors& params, double clip_value);

}  // namespace reel::optim
