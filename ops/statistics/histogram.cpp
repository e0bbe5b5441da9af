// Counts: bincount of whole numbers, histc of parts of a range.

#include <algorithm>
#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;

Tensor bincount(const Tensor& x, const Tensor& weights, std::int64_t minlength) {
  constexpr std::string_view op = "bincount";
  check_rank(op, "the numbers", x, 1);
  check_at_least(op, "minlength", minlength, 0);
  if (weights.defined()) {
    check_dtype(op, weights, kNumeric);
    check_same_device(op, x, weights);
    check<ShapeError>(weights.shape() == x.shape(), "{}: expected weights of shape {}, got {}", op, x.shape(),
                      weights.shape());
  }
  const Tensor numbers = as_i64(op, "numbers", x);
  const std::int64_t largest = x.numel() > 0 ? amax(numbers).item<std::int64_t>() : -1;
  check<IndexError>(largest < INT64_MAX, "{}: expected numbers below {}, got {}", op, INT64_MAX, largest);
  const std::int64_t bins = std::max(largest + 1, minlength);
  check_positions(op, numbers, 0, bins);
  const Tensor added = weights.defined() ? weights : ones_like(numbers);
  return put_slices({}, {bins}, 0, numbers, added, true);
}

Tensor histc(const Tensor& input, std::int64_t bins, double min, double max) {
  constexpr std::string_view op = "histc";
  check_dtype(op, input, kFloating);
  check_at_least(op, "bins", bins, 1);
  check_option(op, "min", min, kFinite);
  check_option(op, "max", max, {min, kInfinite, false, true});
  if (is_half(input)) return histc(input.to(DType::f32), bins, min, max).to(input.dtype());
  const NoGradGuard guard;
  const Tensor x = reshape(input.detach(), {-1});
  if (min == max && x.numel() > 0) {
    min = amin(x).item<double>(), max = amax(x).item<double>();
    check<ValueError>(std::isfinite(min) && std::isfinite(max),
                      "{}: expected a range [min, max] for numbers that are not all finite, got none", op);
  }
  if (min == max) min -= 1, max += 1;
  const Tensor inside = logical_and(x >= min, x <= max);
  const Tensor scaled = (masked_fill(x, logical_not(inside), min) - min) / (max - min) * bins;
  const Tensor bin = clamp(floor(scaled).to(DType::i64), 0, bins - 1);  // the last one includes max
  return put_slices({}, {bins}, 0, bin, inside.to(DType::i64), true).to(x.dtype());
}

}  // namespace reel
