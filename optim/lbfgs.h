#pragma once

#include <deque>
#include <functional>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of LBFGS, with PyTorch's defaults.
struct LBFGSOptions {
  double lr = 1;                    ///< The step's length, with a line search its first trial.
  std::int64_t max_iter = 20;       ///< Iterations in a call of `step`.
  std::int64_t max_eval = 0;        ///< No iteration begins after so many evaluations; 0: 5/4 of max_iter.
  double tolerance_grad = 1e-7;     ///< Done when no element of the gradient is larger.
  double tolerance_change = 1e-9;   ///< Done when the loss, or every parameter, changes by less.
  std::int64_t history_size = 100;  ///< How many changes of the gradient are remembered.
  bool strong_wolfe = false;        ///< Searches each direction for a step that meets the strong Wolfe conditions.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("max_iter", o.max_iter);
    f("max_eval", o.max_eval);
    f("tolerance_grad", o.tolerance_grad);
    f("tolerance_change", o.tolerance_change);
    f("history_size", o.history_size);
    f("strong_wolfe", o.strong_wolfe);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<LBFGSOptions>;

/// L-BFGS (Liu and Nocedal 1989): a quasi-Newton method for objectives without noise, with few or many parameters. Its
/// direction comes from the last changes of parameters s and gradient y (Nocedal and Wright, Numerical Optimization,
/// 2006, algorithm 7.4); it follows PyTorch's number by number. A step evaluates the objective many times, through a
/// closure:
///
///     optim::LBFGS lbfgs({x}, {.strong_wolfe = true});
///     const Tensor loss = lbfgs.step([&] {
///       lbfgs.zero_grad();
///       const Tensor loss = objective(x);
///       loss.backward();
///       return loss;
///     });
///
/// There is one group, whose parameters share dtype and device; those without a gradient count as having zeros. When
/// the closure throws, parameters and state are as before the step. A first loss that is not finite ends the step where
/// it began; with `strong_wolfe`, a later one only makes a trial too long.
class LBFGS final : public OptimizerOf<LBFGSOptions> {
 public:
  /// The parameters and their options or learning rate.
  explicit LBFGS(Tensors params, LBFGSOptions options = {});
  template <Number Rate> LBFGS(Tensors params, Rate lr)
      : LBFGS(std::move(params), LBFGSOptions{.lr = static_cast<double>(lr)}) {}

  /// Computes the loss, a floating tensor of one element, and leaves its gradient in the parameters.
  using Closure = std::function<Tensor()>;
  /// Up to `max_iter` iterations. Returns the first loss, that of the parameters before the step.
  Tensor step(const Closure& closure);

  /// As in the base; the state is that of all parameters together ("state.0.n_iter", "state.0.old_dirs").
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  // Vectors have the elements of all parameters, one after the other.

  /// A change that the inverse Hessian is made of.
  struct Change {
    Tensor y, s;  // of the gradient, and of the parameters
    double ro;    // 1 / (y s)
  };
  /// What a step leaves for the next.
  struct History {
    std::int64_t func_evals = 0, n_iter = 0;
    Tensor d, prev_flat_grad;                 // the last direction, and the gradient where it began
    double t = 0, prev_loss = 0, H_diag = 1;  // the last step, the loss where it began, the first Hessian's scale
    std::deque<Change> changes;               // the oldest first
  };
  class Iterations;

  void update_all(std::span<const ParamUpdate> updates) override;
  void check_params() const;
  static History take_history(StateDict& rest, std::int64_t count);

  History history_;
};

}  // namespace reel::optim
