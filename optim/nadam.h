#pragma once

#include <array>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of NAdam, with PyTorch's defaults.
struct NAdamOptions {
  double lr = 2e-3;                            ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.999};  ///< How much of the running means of g and of its size is kept.
  double eps = 1e-8;                           ///< Added to the denominator.
  double weight_decay = 0;                     ///< Adds weight_decay * parameter to the gradient.
  double momentum_decay = 4e-3;                ///< How fast the momentum grows to beta1.
  bool decoupled_weight_decay = false;         ///< Shrinks the parameters by lr * weight_decay instead, as AdamW does.
  bool maximize = false;                       ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.betas[0]);
    f("beta2", o.betas[1]);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("momentum_decay", o.momentum_decay);
    f("decoupled_weight_decay", o.decoupled_weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<NAdamOptions>;

/// NAdam (Dozat 2016), Adam with Nesterov's momentum: for a gradient g (plus weight_decay * theta) in step t, with
/// mu_t = beta1 (1 - 0.96^(t momentum_decay) / 2),
///
///     m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2,  v' = v / (1 - beta2^t)
///     theta -= lr ((1 - mu_t) / (1 - mu_1 ... mu_t) g + mu_t+1 / (1 - mu_1 ... mu_t+1) m) / (sqrt(v') + eps)
class NAdam final : public CustomOptimizer<NAdamOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit NAdam(Tensors params, NAdamOptions options = {});
  template <Number Rate> NAdam(Tensors params, Rate lr)
      : NAdam(std::move(params), NAdamOptions{.lr = static_cast<double>(lr)}) {}
  explicit NAdam(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const NAdamOptions& o) override;
};

}  // namespace reel::optim
