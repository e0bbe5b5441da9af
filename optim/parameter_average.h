#pragma once

#include <optional>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of ParameterAverage.
struct ParameterAverageOptions {
  /// The share of the average that an update keeps, from 0 to below 1: an exponential moving average. Not given: the
  /// equal mean of all updates.
  std::optional<double> decay = std::nullopt;
};

/// Averages of a network's parameters over the steps of its training, which often predict better than the last ones:
/// exponential ones (EMA, Polyak and Juditsky 1992), or equal ones over the last epochs (SWA, Izmailov et al. 2018).
/// The first update copies.
///
///     optim::ParameterAverage ema(net.parameters(), {.decay = 0.999});
///     ...  adam.step(); ema.update();   // after every step
///     ema.swap();                       // evaluate with the averages,
///     ema.swap();                       // and train on
///
/// Floating buffers, as the running statistics of batch norm, may be averaged along; or `training::update_bn` makes
/// them anew for the averages.
class ParameterAverage {
 public:
  /// Starts with copies of the tensors, which stay the caller's. An average is of its tensor's dtype (f32 for
  /// half floats) and device, which must not change.
  explicit ParameterAverage(Tensors params, const ParameterAverageOptions& options = {});

  /// Takes the present values into the averages.
  void update();
  /// How many updates there were.
  std::int64_t n_averaged() const { return n_averaged_; }
  /// The averages, in the tensors' order.
  const Tensors& averages() const { return averages_; }
  /// The tensors take the values of the averages; the next call gives them back their own. In between no update is
  /// allowed: it is a ValueError.
  void swap();
  /// Copies the averages into other tensors of the same shapes, as the parameters of a second network.
  void copy_to(const Tensors& params) const;

  /// "n_averaged", "is_swapped" and the averages, "average.0", "average.1" and so on: the object's own tensors. Between
  /// two swaps also what the tensors get back, "set_aside.0" and so on.
  StateDict state_dict() const;
  /// Takes over a state. One that does not fit is an error and changes nothing.
  void load_state_dict(const StateDict& state);

 private:
  Tensors params_, averages_;
  Tensors set_aside_;  // the tensors' own values while they have those of the averages, else empty
  ParameterAverageOptions options_;
  std::int64_t n_averaged_ = 0;
};

}  // namespace reel::optim
