#pragma once

#include <functional>

#include <reel/tensor/tensor.h>

namespace reel::optim {

/// A point on the line that is searched: where it is and what the objective is there.
struct LinePoint {
  double step = 0;   ///< How far along the direction.
  double loss = 0;   ///< The objective,
  double slope = 0;  ///< its derivative along the direction,
  Tensor gradient;   ///< and its gradient.
};

/// The objective on the line, at a step.
using LineObjective = std::function<LinePoint(double step)>;

/// A step that meets the strong Wolfe conditions, loss(t) <= loss(0) + c1 t slope(0) and |slope(t)| <= c2 |slope(0)|
/// with c1 = 1e-4 and c2 = 0.9, found by bracketing and cubic interpolation from `first_step` on (Nocedal and Wright,
/// Numerical Optimization, 2006, algorithms 3.5 and 3.6, with the safeguards of Schmidt's minFunc, as in PyTorch).
/// Where a bracket shorter than `shortest` or 25 more evaluations have found none, the best that was. A loss that is
/// not a number counts as too high.
LinePoint strong_wolfe(const LineObjective& objective, LinePoint start, double first_step, double shortest);

}  // namespace reel::optim
