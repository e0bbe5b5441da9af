#pragma once

#include <array>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Lion, with the paper's defaults.
struct LionOptions {
  double lr = 1e-4;                           ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.99};  ///< The shares of the running mean: in the sign, and kept.
  double weight_decay = 0;                    ///< Shrinks the parameters by lr * weight_decay, as AdamW does.
  bool maximize = false;                      ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.betas[0]);
    f("beta2", o.betas[1]);
    f("weight_decay", o.weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<LionOptions>;

/// Lion (Chen et al. 2023), which moves every element by the learning rate: for a gradient g
///
///     theta -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay theta),  m = beta2 m + (1 - beta2) g
class Lion final : public CustomOptimizer<LionOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit Lion(Tensors params, LionOptions options = {});
  template <Number Rate> Lion(Tensors params, Rate lr)
      : Lion(std::move(params), LionOptions{.lr = static_cast<double>(lr)}) {}
  explicit Lion(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const LionOptions& o) override;
};

}  // namespace reel::optim
