#pragma once

#include <span>

#include <reel/autograd/tape/node.h>

namespace reel {

/// Anomaly mode, for finding where a NaN comes from: every recorded node keeps the stack of its forward call, and a
/// backward that makes a NaN, throws, or changes the gradient that it is given in place becomes an AutogradError with
/// the operation's name and that stack. Slow.
class [[nodiscard]] AnomalyGuard {
 public:
  /// Until the guard dies.
  explicit AnomalyGuard(bool enabled = true);
  ~AnomalyGuard();
  AnomalyGuard(const AnomalyGuard&) = delete;
  AnomalyGuard& operator=(const AnomalyGuard&) = delete;

 private:
  bool former_;
};

/// Switches anomaly mode for this thread.
void set_detect_anomaly(bool enabled);

/// Calls `node.backward`, with the checks of anomaly mode if it is on.
void run_backward(Node& node, std::span<const Tensor> grad_outputs, std::span<Tensor> grad_inputs, const bool* wanted);

}  // namespace reel
