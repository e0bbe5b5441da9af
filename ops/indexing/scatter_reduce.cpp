// Elements combined with those that an index sends to their place: scatter_reduce.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/scatter_reduce.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/scatter.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/selection.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "scatter_reduce";

/// Where the index puts something.
Tensor touched(const Tensor& x, int dim, const Tensor& index) {
  const Tensor nowhere = zeros(x.shape(), {.dtype = DType::boolean, .device = x.device()});
  return scatter(nowhere, dim, index, true);
}

/// x combined by the kernel with what goes to its elements.
Tensor reduced(const Tensor& x, int dim, const Tensor& index, const Tensor& source,
               kernels::ScatterReduction reduction) {
  const Tensor out = x.clone();
  if (index.numel() > 0) {
    kernels::scatter_reduce[out.device()](scatter_args(dim, source, index, out), reduction);
  }
  return out;
}

/// The largest or smallest of all that goes to a place. Equal ones share the gradient.
template <bool Largest> struct Extreme {
  static constexpr std::string_view name = Largest ? "scatter_reduce_amax" : "scatter_reduce_amin";
  int dim;
  bool include_self;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index, const Tensor& source) const {
    ctx.save(x);
    ctx.save(index);
    ctx.save(source);
    const Tensor start = include_self ? x : scatter(x, dim, index, source);
    constexpr auto reduction = Largest ? kernels::ScatterReduction::largest : kernels::ScatterReduction::smallest;
    return ctx.save(reduced(start, dim, index, source, reduction));
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), index = ctx.saved(1), source = ctx.saved(2), result = ctx.saved(3);
    const auto [own, others] = no_grad([&] {
      Tensor self = isclose(x, result, 0, 0, true);  // equal, or both NaN
      if (!include_self) self = logical_and(self, logical_not(touched(x, dim, index)));
      return std::pair(self, isclose(source, gather(result, dim, index), 0, 0, true));
    });
    const Tensor ties = scatter_add(own.to(grad.dtype()), dim, index, others.to(grad.dtype()));
    const Tensor share = grad / ties;
    return {where(own, share, 0), Tensor(), where(others, gather(share, dim, index), 0)};
  }
};

/// The product of all that goes to a place. The gradient of a factor is the product of the others, by a division where
/// no factor is 0, and where one is, which alone has a gradient, by the product without it.
struct Product {
  static constexpr std::string_view name = "scatter_reduce_prod";
  int dim;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index, const Tensor& source) const {
    ctx.save(x);
    ctx.save(index);
    ctx.save(source);
    return reduced(x, dim, index, source, kernels::ScatterReduction::product);
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0), index = ctx.saved(1), source = ctx.saved(2);
    const Tensor zero = x == 0, source_zero = source == 0;
    const Tensor of_others = apply(Product{dim}, masked_fill(x, zero, 1), index, masked_fill(source, source_zero, 1));
    // How many factors of each place are 0.
    const Tensor zeros_at = scatter_add(zero.to(DType::i64), dim, index, source_zero.to(DType::i64));
    const auto slope = [&](const Tensor& factor, const Tensor& is_zero, const Tensor& count, const Tensor& product) {
      const Tensor others_zero = (count - is_zero.to(DType::i64)) > 0;
      return masked_fill(product / masked_fill(factor, is_zero, 1), others_zero, 0);
    };
    return {grad * slope(x, zero, zeros_at, of_others), Tensor(),
            gather(grad, dim, index) *
                slope(source, source_zero, gather(zeros_at, dim, index), gather(of_others, dim, index))};
  }
};

/// The sum, divided by the number of what goes to a place.
Tensor mean_at(const Tensor& x, int dim, const Tensor& index, const Tensor& source, bool include_self) {
  const auto one = [](const Tensor& like) { return full({}, 1, like.options()).expand(like.shape()); };
  const Tensor nothing = zeros(x.shape(), x.options());
  const Tensor counts = scatter_add(include_self ? one(x.detach()) : nothing, dim, index, one(source.detach()));
  const Tensor sums = scatter_add(x, dim, index, source), divisor = clamp(counts, 1);
  return is_floating(x.dtype()) ? sums / divisor : floor_divide(sums, divisor);
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, std::int64_t dim, const Tensor& positions, const Tensor& source,
                      std::string_view reduce, bool include_self) {
  check_dtype(kName, x, kNumeric);
  if (is_half(x)) {
    return in_f32(
        kName,
        [&](const Tensor& y, const Tensor& s) { return scatter_reduce(y, dim, positions, s, reduce, include_self); }, x,
        source);
  }
  const ScatterOperands operands(kName, x, dim, positions, source);
  const Tensor &index = operands.index, &used = operands.source;
  const int d = operands.dim;
  if (reduce == "amax") return apply(Extreme<true>{d, include_self}, x, index, used);
  if (reduce == "amin") return apply(Extreme<false>{d, include_self}, x, index, used);
  const bool product = reduce == "prod";
  check<ValueError>(product || reduce == "sum" || reduce == "mean",
                    "scatter_reduce: expected \"sum\", \"prod\", \"mean\", \"amax\" or \"amin\", got \"{}\"", reduce);
  const Tensor start = include_self ? x : masked_fill(x, touched(x, d, index), product ? 1 : 0);
  if (product) return apply(Product{d}, start, index, used);
  return reduce == "sum" ? scatter_add(start, d, index, used) : mean_at(start, d, index, used, include_self);
}

}  // namespace reel
