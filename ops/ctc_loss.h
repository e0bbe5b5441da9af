#pragma once

#include <cstdint>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// The loss of sequences of labels that are not aligned with the steps.
namespace reel {

/// Options of ctc_loss.
struct CtcLossOptions {
  std::int64_t blank = 0;  ///< The class that stands for no label.
  /// Of the losses of the samples. mean first divides each by the number of its labels (at least 1), as in PyTorch.
  Reduction reduction = Reduction::mean;
  bool zero_infinity =
      false;  ///< Whether samples that cannot be aligned count 0 instead of infinity, without gradient.
};

/// -log of the probability that the labels come out when a class is drawn at each step, repetitions are merged and
/// blanks dropped (Graves et al. 2006). `log_probs` are the logarithms of the probabilities, [T, N, C], or [T, C] of
/// one sample. `targets` (i64 or i32) are labels other than the blank: [N, S], of which the first target_lengths[n]
/// count, or all samples' one after the other, [sum of target_lengths]. The lengths (i64 or i32), [N], or [] of one
/// sample, lie on the CPU or where log_probs do; reading them from a GPU waits for it. A sample that cannot be aligned
/// (fewer steps than labels and repetitions) has an infinite loss and a gradient of NaN. Sums are computed in f64. The
/// gradient is that by log_probs alone, minus the expected number of draws of each class; PyTorch adds the
/// probabilities, which the gradient of log_softmax removes.
Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CtcLossOptions& options = {});

}  // namespace reel
