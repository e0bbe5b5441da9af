#pragma once

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Muon, with PyTorch's defaults.
struct MuonOptions {
  double lr = 1e-3;              ///< The learning rate.
  double weight_decay = 0.1;     ///< Shrinks the parameters by lr * weight_decay, as AdamW does.
  double momentum = 0.95;        ///< How much of the running mean of the gradients is kept.
  bool nesterov = true;          ///< Looks ahead by one momentum step.
  double eps = 1e-7;             ///< The least norm that the update is divided by.
  std::int64_t ns_steps = 5;     ///< Iterations of Newton and Schulz.
  bool match_rms_adamw = false;  ///< Scales the rate so that changes are as large as AdamW's: 0.2 sqrt(max(m, n))
                                 ///< instead of sqrt(max(1, m / n)) for m x n weights.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("weight_decay", o.weight_decay);
    f("momentum", o.momentum);
    f("nesterov", o.nesterov);
    f("eps", o.eps);
    f("ns_steps", o.ns_steps);
    f("match_rms_adamw", o.match_rms_adamw);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<MuonOptions>;

/// Muon (Jordan et al. 2024), for the weight matrices of hidden layers: the momentum's orthogonal factor, whose
/// singular values are about 1, takes the place of the momentum
///
///     b = mu b + (1 - mu) g,  theta -= lr s (U V^T of b, or of mu b + (1 - mu) g) + lr weight_decay theta
///
/// U V^T comes from `ns_steps` iterations X <- a X + (b I + c X X^T) X X^T X of Newton and Schulz with their
/// coefficients 3.4445, -4.775, 2.0315, which bring singular values near 1 fast but not to it. They run in the
/// parameter's dtype (PyTorch's in bf16). Other parameters, of embeddings, heads, biases and norms, belong to AdamW.
class Muon final : public CustomOptimizer<MuonOptions> {
 public:
  /// One group with the given options or learning rate, or several groups. A ShapeError unless all parameters are
  /// matrices.
  explicit Muon(Tensors params, MuonOptions options = {});
  template <Number Rate> Muon(Tensors params, Rate lr)
      : Muon(std::move(params), MuonOptions{.lr = static_cast<double>(lr)}) {}
  explicit Muon(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const MuonOptions& o) override;
};

}  // namespace reel::optim
