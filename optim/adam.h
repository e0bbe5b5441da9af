#pragma once

#include <array>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Adam, with PyTorch's defaults.
struct AdamOptions {
  double lr = 1e-3;                            ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.999};  ///< How much of the running means is kept.
  double eps = 1e-8;                           ///< Added to the denominator.
  double weight_decay = 0;                     ///< Adds weight_decay * parameter to the gradient.
  bool amsgrad = false;                        ///< Divides by the largest second moment so far (Reddi et al. 2018).
  bool maximize = false;                       ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta1", o.betas[0]);
    f("beta2", o.betas[1]);
    f("eps", o.eps);
    f("weight_decay", o.weight_decay);
    f("amsgrad", o.amsgrad);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdamOptions>;

/// The options of AdamW, with PyTorch's defaults.
struct AdamWOptions {
  double lr = 1e-3;                            ///< The learning rate.
  std::array<double, 2> betas = {0.9, 0.999};  ///< How much of the running means is kept.
  double eps = 1e-8;                           ///< Added to the denominator.
  double weight_decay = 1e-2;                  ///< Each step first shrinks the parameter by lr * weight_decay.
  bool amsgrad = false;                        ///< Divides by the largest second moment so far (Reddi et al. 2018).
  bool maximize = false;                       ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) { AdamOptions::visit(o, std::forward<F>(f)); }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdamWOptions>;

/// Adam and AdamW, which differ in what the weight decay does.
template <class Options> class AdamBase : public OptimizerOf<Options> {
 protected:
  /// For Adam and AdamW alone.
  using Group = typename OptimizerOf<Options>::Group;
  AdamBase(std::string_view name, std::vector<Group> groups);

 private:
  void update_all(std::span<const ParamUpdate> updates) override;
};
extern template class AdamBase<AdamOptions>;
extern template class AdamBase<AdamWOptions>;

/// Adam (Kingma and Ba 2015): in step t, for a gradient g (plus weight_decay * theta),
///
///     m = beta1 m + (1 - beta1) g,   s = beta2 s + (1 - beta2) g^2
///     theta -= lr * m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + eps)
///
/// As in PyTorch, s of an element stays infinite once it has left the range of the dtype (f32: from gradients of some
/// 1e20), and that element no longer moves. `clip_grad_norm_` brings gradients of any magnitude into range.
class Adam final : public AdamBase<AdamOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  using Group = ParamGroup<AdamOptions>;
  explicit Adam(Tensors params, AdamOptions options = {});
  template <Number Rate> Adam(Tensors params, Rate lr)
      : Adam(std::move(params), AdamOptions{.lr = static_cast<double>(lr)}) {}
  explicit Adam(std::vector<Group> groups) : AdamBase("Adam", std::move(groups)) {}
};

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019): theta *= 1 - lr * weight_decay before the step,
/// instead of a term in the gradient. Gradients whose squares are out of range act as in Adam.
class AdamW final : public AdamBase<AdamWOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  using Group = ParamGroup<AdamWOptions>;
  explicit AdamW(Tensors params, AdamWOptions options = {});
  template <Number Rate> AdamW(Tensors params, Rate lr)
      : AdamW(std::move(params), AdamWOptions{.lr = static_cast<double>(lr)}) {}
  explicit AdamW(std::vector<Group> groups) : AdamBase("AdamW", std::move(groups)) {}
};

}  // namespace reel::optim
