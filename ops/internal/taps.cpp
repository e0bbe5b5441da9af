// The weights of resizing along one axis.

#include <reel/ops/internal/taps.h>

#include <algorithm>
#include <cmath>

namespace reel::detail {
namespace {

/// Keys' cubic kernel: 1 at 0, 0 at the other whole numbers and from 2 on.
double keys(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

std::int64_t whole(double x) { return static_cast<std::int64_t>(std::floor(x)); }

}  // namespace

Taps::Taps(const std::vector<TapRun>& runs, std::int64_t in) : count(1), first(runs.size()) {
  for (const TapRun& run : runs) count = std::max(count, static_cast<std::int64_t>(run.weights.size()));
  weights.resize(static_cast<std::size_t>(count) * runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::int64_t from = std::min(runs[i].first, in - count);
    first[i] = static_cast<std::int32_t>(from);
    for (std::size_t t = 0; t < runs[i].weights.size(); ++t) {
      weights[(static_cast<std::size_t>(runs[i].first - from) + t) * runs.size() + i] = runs[i].weights[t];
    }
  }
}

Taps Taps::transposed(std::int64_t in) const {
  const std::size_t results = first.size();
  std::vector<TapRun> runs(static_cast<std::size_t>(in), {0, {}});
  for (std::size_t i = 0; i < results; ++i) {
    for (std::size_t t = 0; t < static_cast<std::size_t>(count); ++t) {
      const double weight = weights[t * results + i];
      if (weight == 0) continue;  // NOLINT(clang-diagnostic-float-equal): filled up
      TapRun& run = runs[static_cast<std::size_t>(first[i]) + t];
      if (run.weights.empty()) run.first = static_cast<std::int64_t>(i);
      run.weights.resize(i - static_cast<std::size_t>(run.first) + 1);
      run.weights.back() = weight;
    }
  }
  return {runs, static_cast<std::int64_t>(results)};
}

bool AxisMap::is_identity() const {
  return in == out && (align_corners || numerator == denominator);  // NOLINT(clang-diagnostic-float-equal)
}

Taps AxisMap::taps() const {
  const auto run = antialias                                                                    ? &AxisMap::antialiased
                   : mode == InterpolateMode::bicubic                                           ? &AxisMap::cubic
                   : mode == InterpolateMode::nearest || mode == InterpolateMode::nearest_exact ? &AxisMap::nearest
                                                                                                : &AxisMap::linear;
  std::vector<TapRun> runs;
  for (std::int64_t i = 0; i < out; ++i) runs.push_back((this->*run)(i));
  return {runs, in};
}

/// Of the centre of result i, where elements have their centres at whole numbers.
double AxisMap::position(std::int64_t i) const {
  const auto at = static_cast<double>(i);
  if (!align_corners) return (at + 0.5) * numerator / denominator - 0.5;
  return out > 1 ? at * static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
}

double AxisMap::step() const {
  if (!align_corners) return numerator / denominator;
  return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
}

TapRun AxisMap::nearest(std::int64_t i) const {
  const double at = static_cast<double>(i) + (mode == InterpolateMode::nearest ? 0 : 0.5);
  return {std::min(whole(at * numerator / denominator), in - 1), {1.0}};
}

TapRun AxisMap::linear(std::int64_t i) const {
  const double at = std::max(position(i), 0.0);
  const std::int64_t low = std::min(whole(at), in - 1);
  const double share = at - static_cast<double>(low);
  if (low == in - 1) return {low, {1.0}};
  return {low, {1 - share, share}};
}

/// Beyond the edges lie copies of the elements there.
TapRun AxisMap::cubic(std::int64_t i) const {
  const double at = position(i);
  const std::int64_t low = whole(at);
  const auto inside = [&](std::int64_t p) { return std::clamp<std::int64_t>(p, 0, in - 1); };
  const std::int64_t first = inside(low - 1);
  std::vector<double> run(static_cast<std::size_t>(inside(low + 2) - first + 1));
  for (std::int64_t p = low - 1; p <= low + 2; ++p) {
    run[static_cast<std::size_t>(inside(p) - first)] += keys(static_cast<double>(p) - at, -0.75);
  }
  return {first, run};
}

/// The kernel is as many times wider as elements are closer than results, and cut off at the edges. The cubic one is
/// that of a = -1/2, as in PyTorch and Pillow.
TapRun AxisMap::antialiased(std::int64_t i) const {
  const bool is_cubic = mode == InterpolateMode::bicubic;
  const double scale = step(), width = std::max(scale, 1.0), reach = (is_cubic ? 2 : 1) * width;
  const double centre = scale * (static_cast<double>(i) + 0.5);
  const std::int64_t first = std::clamp<std::int64_t>(whole(centre - reach + 0.5), 0, in - 1);
  const std::int64_t end = std::clamp<std::int64_t>(whole(centre + reach + 0.5), first + 1, in);
  std::vector<double> run;
  double sum = 0;
  for (std::int64_t p = first; p < end; ++p) {
    const double x = (static_cast<double>(p) - centre + 0.5) / width;
    run.push_back(is_cubic ? keys(x, -0.5) : triangle(x));
    sum += run.back();
  }
  for (double& weight : run) weight /= sum;
  return {first, run};
}

}  // namespace reel::detail
