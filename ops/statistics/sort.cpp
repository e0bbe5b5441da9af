// Sorting along a dimension: sort, argsort, topk.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/sort.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>

namespace reel {
using namespace detail;
namespace {

std::int64_t line_length(const Tensor& x, int dim) { return x.dim() > 0 ? x.shape()[dim] : 1; }

/// The first k elements in order and their positions, for sort and topk.
struct Sort {
  static constexpr std::string_view name = "sort";
  int dim;
  std::int64_t k;
  bool descending;
  Shape from;

  std::array<Tensor, 2> forward(Context& ctx, const Tensor& x) const {
    const Tensor lines = x.detach().transpose(dim, -1).contiguous();
    Shape shape = lines.shape();
    if (x.dim() > 0) shape[x.dim() - 1] = k;
    Tensor values = empty(shape, x.options());
    Tensor indices = empty(shape, {.dtype = DType::i64, .device = x.device()});
    if (values.numel() > 0) {
      const std::int64_t n = line_length(x, dim);
      kernels::sort[x.device()]({.dtype = x.dtype(),
                                 .descending = descending,
                                 .rows = x.numel() / n,
                                 .n = n,
                                 .k = k,
                                 .x = lines.data(),
                                 .values = values.data(),
                                 .indices = indices.data_ptr<std::int64_t>()});
    }
    values = values.transpose(dim, -1).contiguous();
    indices = indices.transpose(dim, -1).contiguous();
    ctx.save(indices);
    return {values, indices};
  }

  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    if (!grads[0].defined()) return {};
    const Tensor nothing = zeros(from, grads[0].options());
    return {scatter(nothing, dim, ctx.saved(0), grads[0])};
  }
};

std::tuple<Tensor, Tensor> first_in_order(std::string_view op, const Tensor& x, std::int64_t k, std::int64_t dim,
                                          bool descending) {
  const int d = wrap_dim(op, dim, x.dim());
  check<IndexError>(k <= line_length(x, d) && (x.dim() > 0 || k == 1),
                    "{}: expected k of at most {} for dimension {} of shape {}, got {}", op, line_length(x, d), dim,
                    x.shape(), k);
  auto [values, indices] = apply(Sort{.dim = d, .k = k, .descending = descending, .from = x.shape()}, x);
  return {std::move(values), std::move(indices)};
}

}  // namespace

std::tuple<Tensor, Tensor> sort(const Tensor& x, std::int64_t dim, bool descending) {
  check_defined("sort", x);
  return first_in_order("sort", x, line_length(x, wrap_dim("sort", dim, x.dim())), dim, descending);
}

Tensor argsort(const Tensor& x, std::int64_t dim, bool descending) {
  check_defined("argsort", x);
  return std::get<1>(sort(x.detach(), dim, descending));
}

std::tuple<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, std::int64_t dim, bool largest) {
  check_defined("topk", x);
  check<IndexError>(k >= 0, "topk: expected k of at least 0, got {}", k);
  return first_in_order("topk", x, k, dim, largest);
}

}  // namespace reel
