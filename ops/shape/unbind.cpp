// The slices of a dimension, as one operation, so that the gradients of all slices go into one tensor.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Unbind {
  static constexpr std::string_view name = "unbind";
  int dim;
  Shape from;

  Tensors forward(Context&, const Tensor& x) const {
    Tensors slices;
    for (std::int64_t i = 0; i < from[dim]; ++i) slices.push_back(x.detach().select(dim, i));
    return slices;
  }
  Grads<1> backward(const Context& ctx, std::span<const Tensor> grads) const {
    Tensors slices(grads.begin(), grads.end());
    for (Tensor& slice : slices) {
      if (!slice.defined())
        slice = zeros(ctx.output().shape, {.dtype = ctx.output().dtype, .device = ctx.output().device});
    }
    return {stack(slices, dim)};
  }
};

}  // namespace

Tensors unbind(const Tensor& x, std::int64_t dim) {
  check_defined("unbind", x);
  check<ShapeError>(x.dim() > 0, "unbind: expected a tensor of rank 1 or more, got rank 0");
  const int d = wrap_dim("unbind", dim, x.dim());
  return x.size(d) ? apply(Unbind{d, x.shape()}, x) : Tensors();
}

}  // namespace reel
