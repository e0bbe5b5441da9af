// The layer of connectionist temporal classification.

#include <reel/nn/losses/ctc_loss.h>

#include <reel/tensor/core/option.h>

namespace reel::nn {
using namespace reel::detail;

CTCLoss::CTCLoss(const CtcLossOptions& options) : options_(options) {
  check_at_least("CTCLoss", "blank", options.blank, 0);
}
Tensor CTCLoss::forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                        const Tensor& target_lengths) const {
  return ctc_loss(log_probs, targets, input_lengths, target_lengths, options_);
}

}  // namespace reel::nn
