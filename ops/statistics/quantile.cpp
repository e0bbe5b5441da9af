// Quantiles: quantile, nanquantile.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct QuantileOptions {
  std::string_view op;
  std::optional<std::int64_t> dim;
  bool keepdim;
  std::string_view interpolation;
  bool ignore_nan;
};

/// Where each quantile lies in the sorted line: between elements `below` and `above`, by a share `weight` from one to
/// the other.
struct Place {
  Tensor below, above, weight;
};

/// `q` is [quantiles], `numbers` [..., 1] how many elements of each line are not NaN, of n.
Place place(const QuantileOptions& options, const Tensor& q, const Tensor& numbers, std::int64_t n, DType dtype) {
  const Tensor last = options.ignore_nan ? clamp(numbers - 1, 0) : full_like(numbers, n - 1);
  // Rounded to the dtype of q, in which 0.1 * 10 is 1.
  Tensor rank = (q.to(DType::f64) * last.to(DType::f64)).to(q.dtype()).to(DType::f64);
  rank = minimum(rank, last.to(DType::f64));
  if (!options.ignore_nan) rank = where(numbers < n, static_cast<double>(n - 1), rank);  // NaN is the last element
  if (options.interpolation == "nearest") rank = round(rank);
  if (options.interpolation == "lower") rank = floor(rank);
  if (options.interpolation == "higher") rank = ceil(rank);
  const Tensor lower = floor(rank);
  const Tensor weight = options.interpolation == "midpoint" ? full_like(rank, 0.5) : rank - lower;
  return {lower.to(DType::i64), ceil(rank).to(DType::i64), weight.to(dtype)};
}

/// The element between two, right also where they are infinite.
Tensor between(const Tensor& below, const Tensor& above, const Tensor& weight) {
  const Tensor infinite = logical_or(isinf(below), isinf(above));
  return where(infinite, below + above, lerp(below, above, weight));
}

/// `q` is a vector on the device of x. The result has the quantiles as its last dimension.
Tensor quantiles_of_lines(const QuantileOptions& options, const Tensor& lines, const Tensor& q) {
  const std::int64_t n = lines.size(-1);
  const Tensor sorted = std::get<0>(sort(lines, -1));
  const Place at = no_grad([&] {
    const Tensor numbers = sum(lines == lines, {-1}, true);
    return place(options, q, numbers, n, lines.dtype());
  });
  const Tensor below = gather(sorted, -1, at.below);
  if (options.interpolation == "linear" || options.interpolation == "midpoint") {
    return between(below, gather(sorted, -1, at.above), at.weight);
  }
  return below;
}

Tensor any_quantile(const QuantileOptions& options, const Tensor& x, const Tensor& q) {
  const std::string_view op = options.op;
  check_dtype(op, x, kFloating);
  check_defined(op, q, "q");
  check_same_dtype(op, x, q);
  check_same_device(op, x, q);
  if (is_half(x)) {
    return in_f32(
        op, [&](const Tensor& y, const Tensor& r) { return any_quantile(options, y, r); }, x, q);
  }
  check<ShapeError>(q.dim() <= 1, "{}: expected q of rank 0 or 1, got shape {}", op, q.shape());
  check<ValueError>(all(logical_and(q >= 0, q <= 1)).item<bool>(), "{}: expected q in [0, 1], got other numbers", op);
  bool known = false;
  for (const std::string_view word : {"linear", "lower", "higher", "midpoint", "nearest"}) {
    known = known || options.interpolation == word;
  }
  check<ValueError>(
      known,
      "{}: expected the interpolation \"linear\", \"lower\", \"higher\", \"midpoint\" or \"nearest\", got "
      "\"{}\"",
      op, options.interpolation);
  const int d = wrap_dim(op, options.dim.value_or(0), x.dim());
  const bool flat = !options.dim || x.dim() == 0;
  const Tensor lines = flat ? reshape(x, {-1}) : movedim(x, {d}, {-1});
  check<ValueError>(lines.size(-1) > 0, "{}: expected at least one element to choose from, got shape {}", op,
                    x.shape());
  Tensor out = movedim(quantiles_of_lines(options, lines, reshape(q.detach(), {-1})), {-1}, {0});
  if (options.keepdim && flat) {
    Shape kept = Dims::filled(x.dim(), 1);
    kept.insert(0, q.numel());
    out = reshape(out, kept);
  } else if (options.keepdim) {
    out = unsqueeze(out, d + 1);
  }
  return q.dim() == 0 ? squeeze(out, 0) : out;
}

Tensor any_quantile(const QuantileOptions& options, const Tensor& x, double q) {
  check_dtype(options.op, x, kFloating);
  check_option(options.op, "q", q, kZeroToOne);
  if (is_half(x)) {  // which q must not be rounded to
    return in_f32(
        options.op, [&](const Tensor& y) { return any_quantile(options, y, q); }, x);
  }
  return any_quantile(options, x, full({}, q, {.dtype = x.dtype(), .device = x.device()}));
}

}  // namespace

Tensor quantile(const Tensor& x, const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return any_quantile({"quantile", dim, keepdim, interpolation, false}, x, q);
}

Tensor quantile(const Tensor& x, double q, std::optional<std::int64_t> dim, bool keepdim,
                std::string_view interpolation) {
  return any_quantile({"quantile", dim, keepdim, interpolation, false}, x, q);
}

Tensor nanquantile(const Tensor& x, const Tensor& q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return any_quantile({"nanquantile", dim, keepdim, interpolation, true}, x, q);
}

Tensor nanquantile(const Tensor& x, double q, std::optional<std::int64_t> dim, bool keepdim,
                   std::string_view interpolation) {
  return any_quantile({"nanquantile", dim, keepdim, interpolation, true}, x, q);
}

}  // namespace reel
