#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of RMSprop, with PyTorch's defaults.
struct RMSpropOptions {
  double lr = 1e-2;         ///< The learning rate.
  double alpha = 0.99;      ///< How much of the running mean of squares is kept.
  double eps = 1e-8;        ///< Added to the denominator.
  double weight_decay = 0;  ///< Adds weight_decay * parameter to the gradient.
  double momentum = 0;      ///< The share of the last change that is kept.
  bool centered = false;    ///< Divides by the standard deviation instead of the root of the mean square.
  bool maximize = false;    ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("alpha", o.alpha);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("momentum", o.momentum);
    f("centered", o.centered);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<RMSpropOptions>;

/// RMSprop (Hinton 2012; centered: Graves 2013): for a gradient g (plus weight_decay * theta),
///
///     s = alpha s + (1 - alpha) g^2,  centered: m = alpha m + (1 - alpha) g, s' = s - m^2 (not below 0)
///     v = momentum v + g / (sqrt(s') + eps),  theta -= lr v
///
/// As in PyTorch, s of an element stays infinite once it has left the range of the dtype (f32: from gradients of some
/// 1e20), and that element no longer moves (centered: or becomes NaN). `clip_grad_norm_` brings gradients of any
/// magnitude into range.
class RMSprop final : public OptimizerOf<RMSpropOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit RMSprop(Tensors params, RMSpropOptions options = {});
  template <Number Rate> RMSprop(Tensors params, Rate lr)
      : RMSprop(std::move(params), RMSpropOptions{.lr = static_cast<double>(lr)}) {}
  explicit RMSprop(std::vector<Group> groups);

 private:
  void update_all(std::span<const ParamUpdate> updates) override;
};

}  // namespace reel::optim
