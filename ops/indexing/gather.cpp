// Access by an index for each element: gather, scatter, scatter_add.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/indexing.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/scatter.h>
#include <reel/ops/selection.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

Tensor scatter_zeros(const Shape& shape, int dim, const Tensor& index, const Tensor& source, bool add);

struct Gather {
  static constexpr std::string_view name = "gather";
  int dim;
  Shape from;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index) const {
    ctx.save(index);
    const Tensor out = empty_strided(index.shape(), strides_like(index.shape(), x), x.dtype(), x.device());
    if (index.numel() > 0) kernels::gather[x.device()](scatter_args(dim, out, index, x));
    return out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {scatter_zeros(from, dim, ctx.saved(0), grad, true), Tensor()};
  }
};

/// Writes or adds `source` into x, or into zeros where x is undefined.
struct Scatter {
  static constexpr std::string_view name = "scatter";
  int dim;
  bool add;
  Shape shape;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index, const Tensor& source) const {
    ctx.save(index);
    const Tensor out = x.defined() ? x.clone() : zeros(shape, source.options());
    const auto& kernel = add ? kernels::scatter_add : kernels::scatter;
    if (index.numel() > 0) kernel[out.device()](scatter_args(dim, source, index, out));
    return out;
  }

  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor index = ctx.saved(0);
    Grads<3> grads;
    if (ctx.needs_grad(0)) {
      const Tensor nothing = zeros({}, grad.options()).expand(index.shape());
      grads[0] = add ? grad : apply(Scatter{.dim = dim, .add = false, .shape = shape}, grad, index, nothing);
    }
    if (ctx.needs_grad(2)) {
      grads[2] = gather(grad, dim, index);
      if (!add) grads[2] = where(last_of_equals(index), grads[2], 0);
    }
    return grads;
  }

  /// True for each position whose value was not overwritten by a later one.
  Tensor last_of_equals(const Tensor& index) const {
    Shape along = Dims::filled(index.dim(), 1);
    if (index.dim() > 0) along[dim] = -1;
    const std::int64_t n = index.dim() > 0 ? index.shape()[dim] : 1;
    const Tensor order =
        arange(0, n, 1, {.dtype = DType::i64, .device = index.device()}).view(along).expand(index.shape());
    return gather(scatter_zeros(shape, dim, index, order, false), dim, index) == order;
  }
};

Tensor scatter_zeros(const Shape& shape, int dim, const Tensor& index, const Tensor& source, bool add) {
  return apply(Scatter{.dim = dim, .add = add, .shape = shape}, Tensor(), index, source);
}

/// The checks that gather and scatter share; returns the dimension counted from the front.
int check_index(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index) {
  check<ShapeError>(index.dim() == x.dim(), "{}: expected an index of rank {} for a tensor of shape {}, got shape {}",
                    op, x.dim(), x.shape(), index.shape());
  const int d = wrap_dim(op, dim, x.dim());
  for (int i = 0; i < x.dim(); ++i) {
    check<ShapeError>(i == d || index.shape()[i] <= x.shape()[i],
                      "{}: expected an index within the tensor's shape {} outside dimension {}, got shape {}", op,
                      x.shape(), dim, index.shape());
  }
  check_positions(op, index, dim, x.dim() > 0 ? x.shape()[d] : 1);
  return d;
}

Tensor scatter_any(std::string_view op, const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source,
                   bool add) {
  const ScatterOperands operands(op, x, dim, index, source);
  return apply(Scatter{.dim = operands.dim, .add = add, .shape = x.shape()}, x, operands.index, operands.source);
}

}  // namespace

detail::ScatterOperands::ScatterOperands(std::string_view op, const Tensor& x, std::int64_t given_dim,
                                         const Tensor& positions, const Tensor& whole)
    : index(index_tensor(op, x, positions)), source(whole) {
  check_defined(op, source, "the source");
  check_same_dtype(op, x, source);
  check_same_device(op, x, source);
  check<ShapeError>(source.dim() == index.dim(),
                    "{}: expected a source of rank {} for an index of shape {}, got shape {}", op, index.dim(),
                    index.shape(), source.shape());
  for (int i = 0; i < index.dim(); ++i) {
    check<ShapeError>(index.shape()[i] <= source.shape()[i],
                      "{}: expected an index within the source's shape {}, got shape {}", op, source.shape(),
                      index.shape());
    source = narrow(source, i, 0, index.shape()[i]);
  }
  dim = check_index(op, x, given_dim, index);
}

kernels::GatherArgs detail::scatter_args(int dim, const Tensor& values, const Tensor& index, const Tensor& base) {
  kernels::GatherArgs args{};
  args.dtype = base.dtype();
  args.values = values.data();
  args.index = index.data_ptr<std::int64_t>();
  args.base = base.data();
  args.n = args.size = 1;
  Shape lanes = index.shape();
  if (index.dim() > 0) {
    args.n = lanes[dim];
    args.size = base.shape()[dim];
    args.values_step = values.strides()[dim];
    args.index_step = index.strides()[dim];
    args.base_step = base.strides()[dim];
    lanes[dim] = 1;
  }
  build_loop<3>(lanes, {&values.strides(), &index.strides(), &base.strides()}, args.lanes);
  return args;
}

Tensor detail::index_tensor(std::string_view op, const Tensor& x, const Tensor& index) {
  check_defined(op, x);
  check_defined(op, index, "the index");
  check_same_device(op, x, index);
  return as_i64(op, "an index", index);
}

void detail::check_positions(std::string_view op, const Tensor& index, std::int64_t dim, std::int64_t size,
                             bool negative) {
  if (index.numel() == 0) return;
  Tensor distinct = index.detach();  // an expanded dimension repeats its numbers: checked once
  for (int d = 0; d < index.dim(); ++d) {
    if (index.strides()[d] == 0) distinct = distinct.narrow(d, 0, 1);
  }
  distinct = distinct.contiguous();
  kernels::range_check[index.device()](
      {.check = {.op = op, .kind = kernels::RangeCheck::Kind::index, .size = size, .dim = dim},
       .dtype = DType::i64,
       .data = distinct.data(),
       .n = distinct.numel(),
       .low = negative ? -size : 0,
       .high = size - 1});
}

Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& positions) {
  const Tensor index = index_tensor("gather", x, positions);
  const int d = check_index("gather", x, dim, index);
  return apply(Gather{d, x.shape()}, x, index);
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  return scatter_any("scatter", x, dim, index, source, false);
}

Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value) {
  check_scalar("scatter", value, x);
  check_defined("scatter", index, "the index");
  check_same_device("scatter", x, index);
  return scatter_any("scatter", x, dim, index, full({}, value, x.options()).expand(index.shape()), false);
}

Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source) {
  return scatter_any("scatter_add", x, dim, index, source, true);
}

}  // namespace reel
