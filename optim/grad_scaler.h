#pragma once

#include <unordered_map>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of GradScaler, with PyTorch's defaults.
struct GradScalerOptions {
  double init_scale = 65536;            ///< The first scale.
  double growth_factor = 2;             ///< What it is multiplied with after `growth_interval` steps without overflow,
  double backoff_factor = 0.5;          ///< and after one with.
  std::int64_t growth_interval = 2000;  ///< So many steps in a row let it grow.
  bool enabled = true;                  ///< Whether it does anything at all.
};

/// Scales a loss so that the gradients of an f16 computation do not vanish, finds those that overflow, and skips their
/// steps (Micikevicius et al. 2018; PyTorch's GradScaler):
///
///     optim::GradScaler scaler;
///     ...
///     Tensor loss = [&] { AutocastGuard autocast(DType::f16); return cross_entropy(net(x), y); }();
///     sgd.zero_grad();
///     scaler.scale(loss).backward();
///     scaler.unscale_(sgd);                               // only for those who clip or look at gradients
///     optim::clip_grad_norm_(net.parameters(), 1);
///     scaler.step(sgd);
///     scaler.update();
///
/// All of it may be part of a recorded step (cuda::Graph); then a step is skipped on the GPU, and each replay waits for
/// the one before, so that a skipped step does not count in the optimizer's number of steps. (clip_grad_norm_ waits for
/// the GPU within the step, so it may not be part of it.)
class GradScaler {
 public:
  explicit GradScaler(const GradScalerOptions& options = {}, Device device = default_device());

  /// loss * scale, on the tape.
  Tensor scale(const Tensor& loss) const;
  /// Divides the gradients of an optimizer's parameters by the scale, and finds out whether they are finite. A
  /// ValueError a second time in one step, or after its `step`.
  void unscale_(const Optimizer& optimizer);
  /// Lets the optimizer step unless a gradient is not finite, after `unscale_` if that has not been called. Returns
  /// whether it stepped; in a recorded step, which only the GPU knows, true. A ValueError a second time.
  bool step(Optimizer& optimizer);
  /// Changes the scale after what the steps since the last update have met. A ValueError if there was none.
  void update();

  /// The scale. Waits for the GPU.
  double get_scale() const;
  /// Sets it: finite and above 0.
  void set_scale(double scale);

  /// "scale" and "growth_tracker", f32 on the CPU.
  StateDict state_dict() const;
  /// Takes over a state. One that does not fit is an error and changes nothing.
  void load_state_dict(const StateDict& state);

 private:
  /// What is known of an optimizer's gradients in this step.
  struct Unscaled {
    Tensor found_inf;  // f32 scalar: 1 if one of them is not finite, else 0
    bool stepped;
  };

  GradScalerOptions options_;
  Tensor scale_, growth_tracker_;  // f32 scalars, which recorded steps change in place
  std::unordered_map<const Optimizer*, Unscaled> unscaled_;
};

}  // namespace reel::optim
