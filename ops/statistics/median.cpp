// Elements by their rank or frequency along a dimension: median, nanmedian, kthvalue, mode.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/sorted.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

using Chosen = std::tuple<Tensor, Tensor>;

/// Throws unless dimension `dim` of x has an element; returns it counted from the front.
int check_line(std::string_view op, const Tensor& x, std::int64_t dim, DTypeSet dtypes) {
  check_dtype(op, x, dtypes);
  const int d = wrap_dim(op, dim, x.dim());
  check<ValueError>(x.dim() == 0 || x.size(d) > 0, "{}: expected at least one element to choose from, got shape {}", op,
                    x.shape());
  return d;
}

/// Elements at places (i64, of size 1 along the dimension) of the sorted lines.
Chosen at_places(const Chosen& sorted, const Tensor& places, int dim, bool keepdim) {
  const Tensor values = gather(std::get<0>(sorted), dim, places), indices = gather(std::get<1>(sorted), dim, places);
  if (keepdim || values.dim() == 0) return {values, indices};
  return {squeeze(values, dim), squeeze(indices, dim)};
}

/// The lower median of each line, and where it is. A NaN is the median, or with `ignore_nan` left out.
Chosen median_along(std::string_view op, const Tensor& x, std::int64_t dim, bool keepdim, bool ignore_nan) {
  const int d = check_line(op, x, dim, kNumeric);
  const std::int64_t n = x.dim() > 0 ? x.size(d) : 1;
  const Dims line = x.dim() > 0 ? Dims{d} : Dims{};
  const Tensor numbers = no_grad([&] { return sum(x == x, line, true); });  // they are sorted before NaN
  const Tensor middle = clamp(floor_divide(numbers - 1, 2), 0);
  return at_places(sort(x, d), ignore_nan ? middle : where(numbers < n, numbers, middle), d, keepdim);
}

/// The median of all elements; equal ones share the gradient evenly.
struct MedianOfAll {
  static constexpr std::string_view name = "median";
  bool ignore_nan;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(std::get<0>(median_along(name, x.contiguous().view({-1}), 0, false, ignore_nan)));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), chosen = isclose(x, ctx.saved(1), 0, 0, true);  // equal, or both NaN
    return {where(chosen, grad / sum(chosen).to(grad.dtype()), 0)};
  }
};

Tensor median_of_all(std::string_view op, const Tensor& x, bool ignore_nan) {
  check_dtype(op, x, kNumeric);
  if (x.numel() == 0 && is_floating(x.dtype())) return sum(x) * NAN;
  check<ValueError>(x.numel() > 0, "{}: expected at least one element to choose from, got shape {}", op, x.shape());
  return apply_in_f32(MedianOfAll{ignore_nan}, x);
}

}  // namespace

Tensor median(const Tensor& x) { return median_of_all("median", x, false); }
Chosen median(const Tensor& x, std::int64_t dim, bool keepdim) {
  return median_along("median", x, dim, keepdim, false);
}

Tensor nanmedian(const Tensor& x) { return median_of_all("nanmedian", x, true); }
Chosen nanmedian(const Tensor& x, std::int64_t dim, bool keepdim) {
  return median_along("nanmedian", x, dim, keepdim, true);
}

Chosen kthvalue(const Tensor& x, std::int64_t k, std::int64_t dim, bool keepdim) {
  const int d = check_line("kthvalue", x, dim, kNumeric);
  const std::int64_t n = x.dim() > 0 ? x.size(d) : 1;
  check<IndexError>(k >= 1 && k <= n, "kthvalue: expected k from 1 to {} for dimension {} of shape {}, got {}", n, dim,
                    x.shape(), k);
  const auto [values, indices] = topk(x, k, d, false);
  if (x.dim() == 0) return {values, indices};
  const auto last = [&](const Tensor& t) { return keepdim ? narrow(t, d, k - 1, 1) : select(t, d, k - 1); };
  return {last(values), last(indices)};
}

Chosen mode(const Tensor& x, std::int64_t dim, bool keepdim) {
  const int d = check_line("mode", x, dim, kNumericAndBool);
  const Chosen sorted = sort(x, d);
  if (x.dim() == 0) return sorted;
  const Tensor places = no_grad([&] {
    // Equal elements are side by side: a search finds both ends of a run.
    const Tensor lines = transpose(std::get<0>(sorted), d, -1).contiguous();
    const Tensor begins = searchsorted(lines, lines), ends = searchsorted(lines, lines, false, true);
    const auto [count, first] = max(ends - begins, -1, true);
    return transpose(first + count - 1, d, -1);
  });
  return at_places(sorted, places, d, keepdim);
}

}  // namespace reel
