// The product over dimensions.

#include <reel/autograd/tape/op.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/reduce.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// For each element along dimension 0, the product of all others, computed recursively by halves. Without a division,
/// so that zeros are right, and derivatives of any order too.
Tensor product_of_others(const Tensor& x) {
  const std::int64_t n = x.size(0);
  if (n == 1) return ones_like(x);
  const std::int64_t half = (n + 1) / 2;
  const Tensor even = n % 2 ? cat({x, ones_like(narrow(x, 0, 0, 1))}) : x;
  const Tensor front = narrow(even, 0, 0, half), back = narrow(even, 0, half, half);
  const Tensor others = product_of_others(front * back);
  return narrow(cat({others * back, others * front}), 0, 0, n);
}

struct Prod {
  static constexpr std::string_view name = "prod";
  ReducedDims dims;
  bool keepdim;

  Tensor forward(Context& ctx, const Tensor& x) const {
    return reduce<kernels::Prod>(name, ctx.save(x), dims, keepdim);
  }
  Grads<1> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor x = ctx.saved(0);
    if (x.numel() == 0) return {dims.restore(grad, x.shape()) * x};  // empty, but on the tape
    // The reduced dimensions in front, as one: [n, kept...].
    const Dims reduced = dims.list(x.dim());
    Dims front;
    for (int d = 0; d < reduced.size(); ++d) front.push_back(d);
    const Tensor moved = movedim(x, reduced, front);
    Shape rows = dims.shape(x.shape(), false);
    rows.insert(0, dims.count(x.shape()));
    const Tensor others = reshape(product_of_others(reshape(moved, rows)), moved.shape());
    return {dims.restore(grad, x.shape()) * movedim(others, front, reduced)};
  }
};

}  // namespace

Tensor prod(const Tensor& x, const Dims& dims, bool keepdim) {
  check_defined("prod", x);
  return apply_in_f32(Prod{ReducedDims("prod", dims, x.dim()), keepdim}, x);
}

}  // namespace reel
