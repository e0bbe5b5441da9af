#pragma once

#include <reel/nn/layer.h>
#include <reel/nn/layers/positional.h>
#include <reel/ops/ctc_loss.h>

/// Connectionist temporal classification as a layer.
namespace reel::nn {

/// `ctc_loss` of log-probabilities and labels that are not aligned with the steps.
class CTCLoss : public Layer<CTCLoss> {
 public:
  CTCLoss(NullPointer auto null) : Layer(null) {}
  /// The loss with these options; `forward` computes it.
  explicit CTCLoss(const CtcLossOptions& options = {});
  template <class... Values>
  requires PositionalOptions<CtcLossOptions, Values...>
  explicit CTCLoss(const Values&... options) : CTCLoss(CtcLossOptions{options...}) {}
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                 const Tensor& target_lengths) const;

 private:
  CtcLossOptions options_;
};

}  // namespace reel::nn
