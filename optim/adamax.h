#pragma once

#include <array>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Adamax, with PyTorch's defaults.
struct AdamaxOptions {
  double lr = 2e-3;                            ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.999};  ///< How much of the running means of g and of its size is kept.
  double eps = 1e-8;                           ///< Added to the denominator.
  double weight_decay = 0;                     ///< Adds weight_decay * parameter to the gradient.
  bool maximize = false;                       ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.betas[0]);
    f("beta2", o.betas[1]);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdamaxOptions>;

/// Adamax (Kingma and Ba 2015, section 7.1): for a gradient g (plus weight_decay * theta) in step t,
///
///     m = beta1 m + (1 - beta1) g,  u = max(beta2 u, |g| + eps)
///     theta -= lr / (1 - beta1^t) m / u
class Adamax final : public CustomOptimizer<AdamaxOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit Adamax(Tensors params, AdamaxOptions options = {});
  template <Number Rate> Adamax(Tensors params, Rate lr)
      : Adamax(std::move(params), AdamaxOptions{.lr = static_cast<double>(lr)}) {}
  explicit Adamax(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdamaxOptions& o) override;
};

}  // namespace reel::optim
