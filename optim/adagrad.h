#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Adagrad, with PyTorch's defaults.
struct AdagradOptions {
  double lr = 1e-2;                      ///< The learning rate.
  double lr_decay = 0;                   ///< In step t the rate is lr / (1 + (t - 1) lr_decay).
  double weight_decay = 0;               ///< Adds weight_decay * parameter to the gradient.
  double initial_accumulator_value = 0;  ///< What the sum of squares begins with.
  double eps = 1e-10;                    ///< Added to the denominator.
  bool maximize = false;                 ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("lr_decay", o.lr_decay);
    f("weight_decay", o.weight_decay);
    f("initial_accumulator_value", o.initial_accumulator_value);
    f("eps", o.eps);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdagradOptions>;

/// Adagrad (Duchi et al. 2011): for a gradient g (plus weight_decay * theta), s += g^2,
/// theta -= lr / (1 + (t - 1) lr_decay) * g / (sqrt(s) + eps). As in PyTorch, s of an element stays infinite once it
/// has left the range of the dtype (f32: from gradients of some 1e19), and that element no longer moves.
/// `clip_grad_norm_` brings gradients of any magnitude into range.
class Adagrad final : public OptimizerOf<AdagradOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit Adagrad(Tensors params, AdagradOptions options = {});
  template <Number Rate> Adagrad(Tensors params, Rate lr)
      : Adagrad(std::move(params), AdagradOptions{.lr = static_cast<double>(lr)}) {}
  explicit Adagrad(std::vector<Group> groups);

 private:
  void update_all(std::span<const ParamUpdate> updates) override;
};

}  // namespace reel::optim
