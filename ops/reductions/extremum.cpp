// The largest and smallest elements: amax, amin, max, min, argmax, argmin.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The extreme values over any dimensions; R is kernels::Max or kernels::Min.
template <class R> struct ExtremumOver {
  static constexpr std::string_view name = std::is_same_v<R, kernels::Max> ? "amax" : "amin";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    ctx.save(x);
    return ctx.save(reduce<R>(name, x, dims, keepdim));
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    if (x.dim() == 0) return {grad};
    const Tensor chosen = isclose(x, dims.restore(ctx.saved(1), x.shape()), 0, 0, true);  // equal, or both NaN
    const Tensor ties = sum(chosen, dims.list(x.dim()), true).to(x.dtype());
    return {where(chosen, dims.restore(grad, x.shape()) / ties, 0)};
  }
};

/// The values (undefined if not wanted) and indices that max, min, argmax and argmin return for one dimension.
std::array<Tensor, 2> extremum(std::string_view op, const Tensor& x, int dim, bool keepdim, bool largest,
                               bool with_values) {
  const ReducedDims dims(op, x.dim() ? Dims{dim} : Dims{}, x.dim());
  const ReduceBlock block = make_reduce_block(x, dims, keepdim);
  const Tensor values = with_values ? block.result(x.dtype()) : Tensor();
  const Tensor indices = block.result(DType::i64);
  kernels::extremum[x.device()]({.dtype = x.dtype(),
                                 .largest = largest,
                                 .data = block.data.data(),
                                 .values = with_values ? values.data() : nullptr,
                                 .indices = indices.data_ptr<std::int64_t>(),
                                 .outer = block.outer,
                                 .n = block.n,
                                 .inner = block.inner});
  return {values, indices};
}

/// The extreme values along one dimension and their indices.
template <class R> struct ExtremumAlong {
  static constexpr bool largest = std::is_same_v<R, kernels::Max>;
  static constexpr std::string_view name = largest ? "max" : "min";
  int dim;
  bool keepdim;
  Shape from;

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x) const {
    const auto out = extremum(name, x, dim, keepdim, largest, true);
    ctx.save(out[1]);
    return out;
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    const Tensor& grad = grads[0];
    if (!grad.defined() || from.empty()) return {grad};
    const auto kept = [&](const Tensor& t) { return keepdim ? t : unsqueeze(t, dim); };
    const Tensor zero = zeros(from, grad.options());
    return {scatter(zero, dim, kept(ctx.saved(0)), kept(grad))};
  }
};

void check_extremum(std::string_view op, const Tensor& x, std::int64_t count) {
  check_dtype(op, x, kNumericAndBool);
  check<ValueError>(count > 0, "{}: expected at least one element to choose from, got shape {}", op, x.shape());
}

template <class R> Tensor extremum_over(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined(ExtremumOver<R>::name, x);
  const ExtremumOver<R> op{ReducedDims(ExtremumOver<R>::name, dims, x.dim()), keepdim};
  check_extremum(op.name, x, op.dims.count(x.shape()));
  return apply_in_f32(op, x);
}

template <class R> std::tuple<Tensor, Tensor> extremum_along(const Tensor& x, std::int64_t dim, bool keepdim) {
  check_defined(ExtremumAlong<R>::name, x);
  const ExtremumAlong<R> op{wrap_dim(ExtremumAlong<R>::name, dim, x.dim()), keepdim, x.shape()};
  check_extremum(op.name, x, x.dim() ? x.size(op.dim) : 1);
  const auto out = apply_in_f32(op, x);
  return {out[0], out[1]};
}

Tensor index_of_extremum(std::string_view name, const Tensor& x, std::optional<std::int64_t> dim, bool keepdim,
                         bool largest) {
  check_defined(name, x);
  const NoGradGuard guard;
  if (is_half(x)) return index_of_extremum(name, x.to(DType::f32), dim, keepdim, largest);
  if (!dim) {
    check_extremum(name, x, x.numel());
    const Tensor index = extremum(name, x.contiguous().view({-1}), 0, false, largest, false)[1];
    return keepdim ? reshape(index, Dims::filled(x.dim(), 1)) : index;
  }
  const int d = wrap_dim(name, *dim, x.dim());
  check_extremum(name, x, x.dim() ? x.size(d) : 1);
  return extremum(name, x, d, keepdim, largest, false)[1];
}

}  // namespace

Tensor amax(const Tensor& x, const Dims& dims, bool keepdim) { return extremum_over<kernels::Max>(x, dims, keepdim); }
Tensor amin(const Tensor& x, const Dims& dims, bool keepdim) { return extremum_over<kernels::Min>(x, dims, keepdim); }

Tensor max(const Tensor& x) { return amax(x); }
Tensor min(const Tensor& x) { return amin(x); }

std::tuple<Tensor, Tensor> max(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum_along<kernels::Max>(x, dim, keepdim);
}
std::tuple<Tensor, Tensor> min(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extremum_along<kernels::Min>(x, dim, keepdim);
}

Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return index_of_extremum("argmax", x, dim, keepdim, true);
}
Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return index_of_extremum("argmin", x, dim, keepdim, false);
}

}  // namespace reel
