// Sliding windows along a dimension as a view, and the transpose of that operation.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Windows {
  int dim;
  std::int64_t size, step;
  Shape from;

  Tensor of(const Tensor& x) const {
    Shape shape = x.shape();
    Strides strides = x.strides();
    shape[dim] = (shape[dim] - size) / step + 1;
    shape.push_back(size);
    strides.push_back(strides[dim]);
    strides[dim] *= step;
    return make_view(x, shape, strides, x.storage_offset());
  }
};

Tensor unfold_grad(const Tensor& grad, const Windows& windows);

struct Unfold {
  static constexpr std::string_view name = "unfold";
  Windows windows;

  Tensor forward(Context&, const Tensor& x) const { return windows.of(x); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {unfold_grad(grad, windows)}; }
};

/// The transpose: adds the windows back into the tensor.
struct UnfoldGrad {
  static constexpr std::string_view name = "unfold_grad";
  Windows windows;

  Tensor forward(Context&, const Tensor& grad) const {
    const Tensor out = zeros(windows.from, grad.options());
    const Tensor target = windows.of(out);
    // Element i of each window: these are distinct elements of `out`, even where windows overlap.
    for (std::int64_t i = 0; i < windows.size; ++i) target.select(-1, i) += grad.select(-1, i);
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {apply(Unfold{windows}, grad)}; }
};

Tensor unfold_grad(const Tensor& grad, const Windows& windows) { return apply(UnfoldGrad{windows}, grad); }

}  // namespace

Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step) {
  check_defined("unfold", x);
  const int d = wrap_dim("unfold", dim, x.dim());
  check<ValueError>(step > 0, "unfold: expected a step of at least 1, got {}", step);
  check<ShapeError>(size >= 0 && size <= (x.dim() > 0 ? x.shape()[d] : 1),
                    "unfold: expected windows that fit dimension {} of shape {}, got size {}", dim, x.shape(), size);
  if (x.dim() == 0) return narrow(unsqueeze(x, 0), 0, 0, size);
  return apply(Unfold{{.dim = d, .size = size, .step = step, .from = x.shape()}}, x);
}

}  // namespace reel
