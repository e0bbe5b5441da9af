#pragma once

#include <reel/tensor/tensor.h>

namespace reel::detail {

/// The gradient of ctc_loss by log_probs [T, N, C] from operations that can be recorded, for derivatives of higher
/// order. `grad` [N] is that of the losses; labels [N, L] and lengths [N] are those of the kernel.
Tensor recorded_ctc_grad(const Tensor& grad, const Tensor& log_probs, const Tensor& labels, const Tensor& input_lengths,
                         const Tensor& target_lengths, std::int64_t blank);

}  // namespace reel::detail
