// Access to the slices of a dimension by their positions: index_select, and reads and writes for other operations.

#include <reel/autograd/tape/op.h>
#include <reel/kernels/indexing.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// Runs a kernel that pairs values[k] with base[index[k]] along `dim`.
void run_kernel(const kernels::KernelTable<void(const kernels::IndexArgs&)>& kernel, int dim, const Tensor& values,
                const Tensor& index, const Tensor& base) {
  if (values.numel() == 0) return;
  kernels::IndexArgs args{};
  args.dtype = base.dtype();
  args.n = index.numel();
  args.size = base.shape()[dim];
  args.values_step = values.strides()[dim];
  args.base_step = base.strides()[dim];
  args.values = values.data();
  args.base = base.data();
  const Tensor positions = index.contiguous();
  args.index = positions.data_ptr<std::int64_t>();
  Shape outer = base.shape(), inner = base.shape();
  for (int d = 0; d < base.dim(); ++d) (d < dim ? inner : outer)[d] = 1;
  inner[dim] = 1;
  build_loop<2>(outer, {&values.strides(), &base.strides()}, args.outer);
  build_loop<2>(inner, {&values.strides(), &base.strides()}, args.inner);
  kernel[base.device()](args);
}

struct IndexSelect {
  static constexpr std::string_view name = "index_select";
  int dim;
  Shape from;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index) const {
    ctx.save(index);
    Shape shape = x.shape();
    shape[dim] = index.numel();
    const Tensor out = empty_strided(shape, strides_like(shape, x), x.dtype(), x.device());
    run_kernel(kernels::index_take, dim, out, index, x);
    return out;
  }
  Grads<2> backward(const Context& ctx, const Tensor& grad) const {
    return {put_slices({}, from, dim, ctx.saved(0), grad, true), Tensor()};
  }
};

/// Writes or adds slices into x, or into zeros where x is undefined.
struct IndexPut {
  static constexpr std::string_view name = "index_put";
  int dim;
  bool accumulate;
  Shape shape;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& index, const Tensor& values) const {
    ctx.save(index);
    const Tensor out = x.defined() ? x.clone() : zeros(shape, values.options());
    put_slices_into(out, dim, index, values, accumulate);
    return out;
  }

  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor index = ctx.saved(0);
    Grads<3> grads;
    if (ctx.needs_grad(0)) {
      Shape slices = shape;
      slices[dim] = index.numel();
      const Tensor nothing = zeros({}, grad.options()).expand(slices);
      grads[0] = accumulate ? grad : put_slices(grad, shape, dim, index, nothing, false);
    }
    if (ctx.needs_grad(2)) {
      grads[2] = take_slices(grad, dim, index);
      if (!accumulate) grads[2] = where(last_of_equals(index), grads[2], 0);
    }
    return grads;
  }

  /// True for each position whose slice was not overwritten by a later one; broadcasts along `dim`.
  Tensor last_of_equals(const Tensor& index) const {
    const Tensor order = arange(0, index.numel(), 1, {.dtype = DType::i64, .device = index.device()});
    const Tensor written = put_slices({}, {shape[dim]}, 0, index, order, false);
    Shape along = Dims::filled(shape.size(), 1);
    along[dim] = index.numel();
    return (take_slices(written, 0, index) == order).view(along);
  }
};

}  // namespace

Tensor detail::take_slices(const Tensor& x, int dim, const Tensor& index) {
  return apply(IndexSelect{dim, x.shape()}, x, index);
}

Tensor detail::put_slices(const Tensor& x, const Shape& shape, int dim, const Tensor& index, const Tensor& values,
                          bool accumulate) {
  return apply(IndexPut{dim, accumulate, shape}, x, index, values);
}

void detail::put_slices_into(const Tensor& base, int dim, const Tensor& index, const Tensor& values, bool accumulate) {
  run_kernel(accumulate ? kernels::index_add : kernels::index_write, dim, values, index, base);
}

Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& positions) {
  constexpr std::string_view op = "index_select";
  const Tensor index = index_tensor(op, x, positions);
  check<ShapeError>(index.dim() <= 1, "{}: expected an index of rank 1, got shape {}", op, index.shape());
  const int d = wrap_dim(op, dim, x.dim());
  if (x.dim() == 0) {
    check<ShapeError>(index.numel() == 1, "{}: expected one position in a tensor of rank 0, got {}", op, index.numel());
    return reshape(index_select(unsqueeze(x, 0), 0, index), {});
  }
  check_positions(op, index, dim, x.shape()[d]);
  return take_slices(x, d, index);
}

}  // namespace reel
