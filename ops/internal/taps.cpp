// The weights of resizing along one axis.

#include <reel/ops/internal/taps.h>

#include <algorithm>
#include <cmath>

namespace reel::detail {
namespace {

/// Keys' cubic kernel: 1 at 0, 0 at the other whole numbers and from 2 on.
double cubic(double x, double a) {
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

double triangle(double x) { return std::max(0.0, 1 - std::abs(x)); }

std::int64_t whole(double x) { return static_cast<std::int64_t>(std::floor(x)); }

}  // namespace

void Taps::add(std::int64_t from, const std::vector<double>& run) {
  first.push_back(from);
  weights.insert(weights.end(), run.begin(), run.end());
  begin.push_back(static_cast<std::int64_t>(weights.size()));
}

Taps Taps::transposed(std::int64_t in) const {
  const auto results = static_cast<std::int64_t>(first.size());
  const auto size = static_cast<std::size_t>(in);
  std::vector<std::int64_t> lowest(size, results), highest(size, -1);  // the results that use each element
  const auto for_each_tap = [&](auto&& f) {
    for (std::size_t i = 0; i < first.size(); ++i) {
      for (std::int64_t t = begin[i]; t < begin[i + 1]; ++t) {
        f(static_cast<std::int64_t>(i), static_cast<std::size_t>(first[i] + t - begin[i]),
          weights[static_cast<std::size_t>(t)]);
      }
    }
  };
  for_each_tap([&](std::int64_t i, std::size_t element, double) {
    lowest[element] = std::min(lowest[element], i);
    highest[element] = i;
  });
  Taps out;
  for (std::size_t p = 0; p < size; ++p) {
    const std::int64_t count = std::max<std::int64_t>(0, highest[p] - lowest[p] + 1);
    out.add(count ? lowest[p] : 0, std::vector<double>(static_cast<std::size_t>(count)));
  }
  for_each_tap([&](std::int64_t i, std::size_t element, double weight) {
    out.weights[static_cast<std::size_t>(out.begin[element] + i - lowest[element])] = weight;
  });
  return out;
}

bool AxisMap::is_identity() const {
  return in == out && (align_corners || numerator == denominator);  // NOLINT(clang-diagnostic-float-equal)
}

Taps AxisMap::taps() const {
  Taps taps;
  for (std::int64_t i = 0; i < out; ++i) {
    if (antialias) add_antialiased(taps, i);
    else if (mode == InterpolateMode::bicubic) add_cubic(taps, i);
    else if (mode == InterpolateMode::nearest || mode == InterpolateMode::nearest_exact) add_nearest(taps, i);
    else add_linear(taps, i);
  }
  return taps;
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

void AxisMap::add_nearest(Taps& taps, std::int64_t i) const {
  const double at = static_cast<double>(i) + (mode == InterpolateMode::nearest ? 0 : 0.5);
  taps.add(std::min(whole(at * numerator / denominator), in - 1), {1.0});
}

void AxisMap::add_linear(Taps& taps, std::int64_t i) const {
  const double at = std::max(position(i), 0.0);
  const std::int64_t low = std::min(whole(at), in - 1);
  const double share = at - static_cast<double>(low);
  if (low == in - 1) taps.add(low, {1.0});
  else taps.add(low, {1 - share, share});
}

/// Beyond the edges lie copies of the elements there.
void AxisMap::add_cubic(Taps& taps, std::int64_t i) const {
  const double at = position(i);
  const std::int64_t low = whole(at);
  const auto inside = [&](std::int64_t p) { return std::clamp<std::int64_t>(p, 0, in - 1); };
  const std::int64_t first = inside(low - 1);
  std::vector<double> run(static_cast<std::size_t>(inside(low + 2) - first + 1));
  for (std::int64_t p = low - 1; p <= low + 2; ++p) {
    run[static_cast<std::size_t>(inside(p) - first)] += cubic(static_cast<double>(p) - at, -0.75);
  }
  taps.add(first, run);
}

/// The kernel is as many times wider as elements are closer than results, and cut off at the edges. The cubic one is
/// that of a = -1/2, as in PyTorch and Pillow.
void AxisMap::add_antialiased(Taps& taps, std::int64_t i) const {
  const bool is_cubic = mode == InterpolateMode::bicubic;
  const double scale = step(), width = std::max(scale, 1.0), reach = (is_cubic ? 2 : 1) * width;
  const double centre = scale * (static_cast<double>(i) + 0.5);
  const std::int64_t first = std::clamp<std::int64_t>(static_cast<std::int64_t>(centre - reach + 0.5), 0, in - 1);
  const std::int64_t end = std::clamp<std::int64_t>(static_cast<std::int64_t>(centre + reach + 0.5), first + 1, in);
  std::vector<double> run;
  double sum = 0;
  for (std::int64_t p = first; p < end; ++p) {
    const double x = (static_cast<double>(p) - centre + 0.5) / width;
    run.push_back(is_cubic ? cubic(x, -0.5) : triangle(x));
    sum += run.back();
  }
  for (double& weight : run) weight /= sum;
  taps.add(first, run);
}

}  // namespace reel::detail
