#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Adadelta, with PyTorch's defaults.
struct AdadeltaOptions {
  double lr = 1;            ///< The learning rate.
  double rho = 0.9;         ///< How much of the running means of squares is kept.
  double eps = 1e-6;        ///< Added below the roots.
  double weight_decay = 0;  ///< Adds weight_decay * parameter to the gradient.
  bool maximize = false;    ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("rho", o.rho);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdadeltaOptions>;

/// Adadelta (Zeiler 2012): for a gradient g (plus weight_decay * theta),
///
///     s = rho s + (1 - rho) g^2,  d = sqrt(a + eps) / sqrt(s + eps) g
///     a = rho a + (1 - rho) d^2,  theta -= lr d
class Adadelta final : public CustomOptimizer<AdadeltaOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit Adadelta(Tensors params, AdadeltaOptions options = {});
  template <Number Rate> Adadelta(Tensors params, Rate lr)
      : Adadelta(std::move(params), AdadeltaOptions{.lr = static_cast<double>(lr)}) {}
  explicit Adadelta(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdadeltaOptions& o) override;
};

}  // namespace reel::optim
