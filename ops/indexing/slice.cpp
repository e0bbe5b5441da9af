// Parts of a dimension: slice, narrow, select.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

Tensor slice_view(const Tensor& x, int dim, std::int64_t start, std::int64_t length, std::int64_t step) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape[dim] = length;
  // Without elements the offset must not leave the storage; with one, the stride must not overflow.
  const std::int64_t offset = x.storage_offset() + (numel(shape) ? start * strides[dim] : 0);
  if (length > 1) strides[dim] *= step;
  return make_view(x, shape, strides, offset);
}

Tensor slice_grad(const Tensor& grad, const Shape& shape, int dim, std::int64_t start, std::int64_t step);

struct SliceOp {  // named so because `Slice` is a kind of index
  static constexpr std::string_view name = "slice";
  int dim;
  std::int64_t start, length, step;
  Shape from;

  Tensor forward(Context&, const Tensor& x) const { return slice_view(x, dim, start, length, step); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {slice_grad(grad, from, dim, start, step)}; }
};

/// The transpose of a slice: zeros with the gradient in its place.
struct SliceGrad {
  static constexpr std::string_view name = "slice_grad";
  Shape shape;
  int dim;
  std::int64_t start, length, step;

  Tensor forward(Context&, const Tensor& grad) const {
    const Tensor out = zeros(shape, grad.options());
    slice_view(out, dim, start, length, step).copy_(grad);
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    return {apply(SliceOp{.dim = dim, .start = start, .length = length, .step = step, .from = shape}, grad)};
  }
};

Tensor slice_grad(const Tensor& grad, const Shape& shape, int dim, std::int64_t start, std::int64_t step) {
  return apply(SliceGrad{.shape = shape, .dim = dim, .start = start, .length = grad.shape()[dim], .step = step}, grad);
}

struct Select {
  static constexpr std::string_view name = "select";
  int dim;
  std::int64_t index;
  Shape from;

  Tensor forward(Context&, const Tensor& x) const {
    Shape shape = x.shape();
    Strides strides = x.strides();
    const std::int64_t offset = x.storage_offset() + (x.numel() ? index * strides[dim] : 0);
    shape.erase(dim);
    strides.erase(dim);
    return make_view(x, shape, strides, offset);
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    return {slice_grad(unsqueeze(grad, dim), from, dim, index, 1)};
  }
};

}  // namespace

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  check_defined("narrow", x);
  check<ShapeError>(x.dim() > 0, "narrow: expected a tensor of rank 1 or more, got rank 0");
  const int d = wrap_dim("narrow", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  const std::int64_t first = start < 0 ? start + size : start;
  check<IndexError>(first >= 0 && length >= 0 && first <= size && length <= size - first,
                    "narrow: expected indices within dimension {} of shape {}, got {} from {}", dim, x.shape(), length,
                    start);
  if (length == size) return x;
  return apply(SliceOp{.dim = d, .start = first, .length = length, .step = 1, .from = x.shape()}, x);
}

Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
             std::int64_t step) {
  check_defined("slice", x);
  check<ShapeError>(x.dim() > 0, "slice: expected a tensor of rank 1 or more, got rank 0");
  check<ValueError>(step > 0, "slice: expected a step of at least 1, got {}; flip reverses", step);
  const int d = wrap_dim("slice", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  const auto limit = [&](std::int64_t i) { return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size); };
  const std::int64_t first = limit(start.value_or(0)), last = std::max(limit(end.value_or(size)), first);
  const std::int64_t length = (last - first) / step + ((last - first) % step != 0);
  if (length == size && step == 1) return x;
  return apply(SliceOp{.dim = d, .start = first, .length = length, .step = step, .from = x.shape()}, x);
}

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  check_defined("select", x);
  check<IndexError>(x.dim() > 0, "select: expected a tensor of rank 1 or more, got rank 0");
  const int d = wrap_dim("select", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  check<IndexError>(index >= -size && index < size, "select: index {} is out of range for dimension {} of shape {}",
                    index, dim, x.shape());
  return apply(Select{d, index < 0 ? index + size : index, x.shape()}, x);
}

}  // namespace reel
