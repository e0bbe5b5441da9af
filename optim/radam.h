#pragma once

#include <array>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of RAdam, with PyTorch's defaults.
struct RAdamOptions {
  double lr = 1e-3;                            ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.999};  ///< How much of the running means of g and of its size is kept.
  double eps = 1e-8;                           ///< Added to the denominator.
  double weight_decay = 0;                     ///< Adds weight_decay * parameter to the gradient.
  bool decoupled_weight_decay = false;         ///< Shrinks the parameters by lr * weight_decay instead, as AdamW does.
  bool maximize = false;                       ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.betas[0]);
    f("beta2", o.betas[1]);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("decoupled_weight_decay", o.decoupled_weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<RAdamOptions>;

/// RAdam (Liu et al. 2020), Adam that trusts its second moment only where enough gradients have been seen: for a
/// gradient g (plus weight_decay * theta) in step t, with m and v as in Adam, r = 2 / (1 - beta2) - 1 and
/// r_t = r - 2 t beta2^t / (1 - beta2^t),
///
///     m' = m / (1 - beta1^t),  l = sqrt(1 - beta2^t) / (sqrt(v) + eps)
///     theta -= lr m'                                                              if r_t <= 5, else
///     theta -= lr m' l sqrt((r_t - 4) (r_t - 2) r / ((r - 4) (r - 2) r_t))
class RAdam final : public CustomOptimizer<RAdamOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit RAdam(Tensors params, RAdamOptions options = {});
  template <Number Rate> RAdam(Tensors params, Rate lr)
      : RAdam(std::move(params), RAdamOptions{.lr = static_cast<double>(lr)}) {}
  explicit RAdam(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const RAdamOptions& o) override;
};

}  // namespace reel::optim
