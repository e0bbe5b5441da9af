// The line search of LBFGS: first a bracket that holds a good step, then ever smaller ones.

#include <reel/optim/line_search.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

namespace reel::optim {
namespace {

constexpr double kDecrease = 1e-4, kCurvature = 0.9;  // c1 and c2
constexpr int kMaxEvaluations = 25;                   // after the first

/// The least point of the cubic through the losses and slopes of two points, kept within [low, high]; the middle where
/// the cubic has none (Nocedal and Wright, equation 3.59).
double least_of_cubic(const LinePoint& a, const LinePoint& b, double low, double high) {
  const auto& [left, right] = std::minmax(a, b, [](auto& p, auto& q) { return p.step < q.step; });
  const double d1 = left.slope + right.slope - 3 * (left.loss - right.loss) / (left.step - right.step);
  const double square = d1 * d1 - left.slope * right.slope;
  const double d2 = std::sqrt(square);
  const double least =
      right.step - (right.step - left.step) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2));
  return square >= 0 && std::isfinite(least) ? std::clamp(least, low, high) : (low + high) / 2;
}

/// The search's state: how good a point must be, and what is left of its evaluations.
class Search {
 public:
  Search(const LineObjective& objective, LinePoint start, double shortest)
      : objective_(objective), start_(std::move(start)), shortest_(shortest) {}

  LinePoint run(double first_step) {
    LinePoint before = start_, point = evaluate(first_step);
    for (int i = 0; i < kMaxEvaluations; ++i) {
      if (!falls_enough(point) || (i > 1 && point.loss >= before.loss)) return zoom(before, point, i);
      if (is_flat(point)) return point;
      if (point.slope >= 0) return zoom(before, point, i);
      const double next =
          least_of_cubic(before, point, point.step + 0.01 * (point.step - before.step), 10 * point.step);
      before = std::exchange(point, evaluate(next));
    }
    return start_.loss <= point.loss ? start_ : point;
  }

 private:
  LinePoint evaluate(double step) const {
    LinePoint point = objective_(step);
    if (!std::isfinite(point.loss)) point.loss = std::numeric_limits<double>::infinity();
    return point;
  }
  bool falls_enough(const LinePoint& p) const { return p.loss <= start_.loss + kDecrease * p.step * start_.slope; }
  bool is_flat(const LinePoint& p) const { return std::abs(p.slope) <= -kCurvature * start_.slope; }

  /// Makes the bracket [a, b] smaller until its better end is good enough.
  LinePoint zoom(LinePoint a, LinePoint b, int evaluations) {
    LinePoint *best = &a, *other = &b;
    const auto sort = [&] { std::tie(best, other) = a.loss <= b.loss ? std::pair(&a, &b) : std::pair(&b, &a); };
    sort();
    bool near_end = false;  // whether the last trial was close to an end of the bracket
    while (evaluations < kMaxEvaluations) {
      if (std::abs(b.step - a.step) < shortest_) break;
      LinePoint point = evaluate(trial(a, b, near_end));
      ++evaluations;
      if (!falls_enough(point) || point.loss >= best->loss) {
        *other = std::move(point);
        sort();
        continue;
      }
      const bool flat = is_flat(point);
      if (!flat && point.slope * (other->step - best->step) >= 0) *other = *best;
      *best = std::move(point);
      if (flat) break;
    }
    return *best;
  }

  /// The next step to try. Close to the same end twice in a row would make the bracket smaller by too little.
  static double trial(const LinePoint& a, const LinePoint& b, bool& near_end) {
    const auto [low, high] = std::minmax({a.step, b.step});
    const double step = least_of_cubic(a, b, low, high), margin = 0.1 * (high - low);
    const bool near = std::min(high - step, step - low) < margin;
    const bool move = near && (near_end || step >= high || step <= low);
    near_end = near && !move;
    if (!move) return step;
    return std::abs(step - high) < std::abs(step - low) ? high - margin : low + margin;
  }

  const LineObjective& objective_;
  const LinePoint start_;
  const double shortest_;
};

}  // namespace

LinePoint strong_wolfe(const LineObjective& objective, LinePoint start, double first_step, double shortest) {
  return Search(objective, std::move(start), shortest).run(first_step);
}

}  // namespace reel::optim
