#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of SGD, with PyTorch's defaults.
struct SGDOptions {
  double lr = 1e-3;         ///< The learning rate.
  double momentum = 0;      ///< The share of the last change that is kept.
  double dampening = 0;     ///< The share of the gradient that does not enter the momentum.
  double weight_decay = 0;  ///< Adds weight_decay * parameter to the gradient: an L2 penalty.
  bool nesterov = false;    ///< Looks ahead by one momentum step (Nesterov 1983, in the form of Sutskever et al. 2013).
  bool maximize = false;    ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("momentum", o.momentum);
    f("dampening", o.dampening);
    f("weight_decay", o.weight_decay);
    f("nesterov", o.nesterov);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<SGDOptions>;

/// Stochastic gradient descent, with PyTorch's momentum: for a gradient g (plus weight_decay * theta) and learning rate
/// alpha
///
///     v = mu v + (1 - dampening) g   (v = g in the first step)
///     theta -= alpha v               (Nesterov: theta -= alpha (g + mu v))
///
/// Textbooks often write the velocity with the learning rate inside: v = gamma v - alpha g, theta += v. At a constant
/// alpha the two give the same trajectory (their v is -alpha times ours). They differ when alpha changes: here the new
/// alpha scales the whole accumulated velocity at once, there only gradients from now on, while the old velocity keeps
/// the alpha that it was made with. Lowering alpha therefore slows this form immediately, the other over some
/// 1 / (1 - gamma) steps.
class SGD final : public OptimizerOf<SGDOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit SGD(Tensors params, SGDOptions options = {});
  template <Number Rate> SGD(Tensors params, Rate lr)
      : SGD(std::move(params), SGDOptions{.lr = static_cast<double>(lr)}) {}
  explicit SGD(std::vector<Group> groups);

 private:
  void update_all(std::span<const ParamUpdate> updates) override;
};

}  // namespace reel::optim
