// Adafactor.

#include <reel/optim/adafactor.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <reel/ops/ops.h>
#include <reel/optim/decayed_gradient.h>

namespace reel::optim {
namespace {

/// The parameter's shape with one dimension, counted from the end, of a single element.
std::optional<Shape> without(const Shape& param, int from_end) {
  if (param.size() < 2) return std::nullopt;
  Shape shape = param;
  shape[param.size() - from_end] = 1;
  return shape;
}

std::optional<Shape> rows(const Shape& param) { return without(param, 1); }
std::optional<Shape> columns(const Shape& param) { return without(param, 2); }
std::optional<Shape> whole(const Shape& param) { return param.size() < 2 ? std::optional(param) : std::nullopt; }

double rms(const Tensor& x) { return norm(x).item() / std::sqrt(static_cast<double>(x.numel())); }

/// The root of the least mean of squares.
double smallest(const Tensor& param, const AdafactorOptions& o) {
  if (o.eps1 > 0) return o.eps1;
  return param.dtype() == DType::f64 ? std::numeric_limits<double>::epsilon()
                                     : static_cast<double>(std::numeric_limits<float>::epsilon());
}

/// Takes the squares of the gradient into the running means, `keep` of which stays. Returns the mean of each element.
Tensor mean_of_squares(const Tensor& grad, const ParamState& state, double keep, double least) {
  const Tensor squares = square(grad);
  if (grad.dim() < 2) return state["variance"].mul_(keep).add_(squares, 1 - keep).clone();
  const Tensor &row = state["row_var"], &column = state["col_var"];
  row.mul_(keep).add_(mean(squares, {-1}, true), 1 - keep);
  column.mul_(keep).add_(mean(squares, {-2}, true), 1 - keep);
  return row * column / clamp(mean(row, {-2}, true), least);
}

}  // namespace

void AdafactorOptions::check(const OptionCheck& require) const {
  require("beta2_decay", beta2_decay, {-detail::kInfinite, 0, true, false});
  require("eps1", eps1, detail::kFiniteAtLeastZero);
  require("eps2", eps2, detail::kFiniteAtLeastZero);
  require("d", d, detail::kPositive);
  require("weight_decay", weight_decay, detail::kFiniteAtLeastZero);
}

template class OptimizerOf<AdafactorOptions>;

Adafactor::Adafactor(Tensors params, AdafactorOptions options)
    : Adafactor(std::vector<Group>{{std::move(params), options}}) {}

Adafactor::Adafactor(std::vector<Group> groups)
    : CustomOptimizer("Adafactor",
                      {{.name = "row_var", .shape = rows},
                       {.name = "col_var", .shape = columns},
                       {.name = "variance", .shape = whole}},
                      std::move(groups)) {}

void Adafactor::update(const Tensor& param, const Tensor& grad, const ParamState& state, const AdafactorOptions& o) {
  if (param.numel() == 0) return;
  const auto step = static_cast<double>(state.step);
  const Tensor g = decayed_gradient(param, grad, o, false);
  const double alpha = std::max(o.eps2, rms(param)) * std::min(o.lr, 1 / std::sqrt(step));
  const double least = smallest(param, o);
  const Tensor u = g * rsqrt(clamp(mean_of_squares(g, state, 1 - std::pow(step, o.beta2_decay), least), least * least));
  param.mul_(1 - o.lr * o.weight_decay);
  param.sub_(u, alpha / std::max(1.0, rms(u) / o.d));
}

}  // namespace reel::optim
