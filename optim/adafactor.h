#pragma once

#include <optional>

#include <reel/optim/optimizer.h>

namespace reel::optim {

/// The options of Adafactor, with PyTorch's defaults.
struct AdafactorOptions {
  double lr = 1e-2;           ///< The largest relative step.
  double beta2_decay = -0.8;  ///< In step t the running means of squares keep 1 - t^beta2_decay.
  double eps1 = 0;            ///< The least root of a mean of squares; 0: the precision of the dtype.
  double eps2 = 1e-3;         ///< The least root mean square that counts as a parameter's size.
  double d = 1;               ///< Root mean squares of an update above this are scaled down to it.
  double weight_decay = 0;    ///< Shrinks the parameters by lr * weight_decay, as AdamW does.
  bool maximize = false;      ///< Climbs instead.

  /// Calls f(name, member) for every option.
  template <class Self, class F> static void visit(Self& o, F&& f) {
    f("lr", o.lr);
    f("beta2_decay", o.beta2_decay);
    f("eps1", o.eps1);
    f("eps2", o.eps2);
    f("d", o.d);
    f("weight_decay", o.weight_decay);
    f("maximize", o.maximize);
  }
  /// Throws a ValueError for values that make no sense.
  void check(const OptionCheck& require) const;
};
extern template class OptimizerOf<AdafactorOptions>;

/// Adafactor (Shazeer and Stern 2018), in PyTorch's form: Adam without a momentum, whose mean of squares of an m x n
/// weight is the product of a column of m and a row of n numbers. So its state is small: m + n numbers.
///
///     u = g / sqrt(rows columns / mean(rows)),  theta -= max(eps2, rms(theta)) min(lr, 1 / sqrt(t)) u / max(1, rms(u)
///     / d)
///
/// Parameters of fewer dimensions keep the mean itself; of more dimensions, the last two are the matrix.
class Adafactor final : public CustomOptimizer<AdafactorOptions> {
 public:
  /// One group with the given options or learning rate, or several groups.
  explicit Adafactor(Tensors params, AdafactorOptions options = {});
  template <Number Rate> Adafactor(Tensors params, Rate lr)
      : Adafactor(std::move(params), AdafactorOptions{.lr = static_cast<double>(lr)}) {}
  explicit Adafactor(std::vector<Group> groups);

 private:
  void update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdafactorOptions& o) override;
};

}  // namespace reel::optim
