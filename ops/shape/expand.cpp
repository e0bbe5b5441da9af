// Broadcasting as an operation, and its transpose: expand, sum_to.

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Expand {
  static constexpr std::string_view name = "expand";
  Shape shape;
  Shape from;

  Tensor forward(Context&, const Tensor& x) const {
    Strides strides = Dims::filled(shape.size(), 0);
    const int shift = shape.size() - x.dim();
    for (int d = 0; d < x.dim(); ++d) {
      if (x.shape()[d] == shape[d + shift]) strides[d + shift] = x.strides()[d];
    }
    return make_view(x, shape, strides, x.storage_offset());
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {sum_to(grad, from)}; }
};

}  // namespace

Tensor expand(const Tensor& x, const Shape& shape) {
  check_defined("expand", x);
  if (shape == x.shape()) return x;
  const int shift = shape.size() - x.dim();
  check<ShapeError>(shift >= 0, "expand: expected at least {} sizes for a tensor of shape {}, got {}", x.dim(),
                    x.shape(), shape);
  Shape wanted = shape;
  for (int d = 0; d < shape.size(); ++d) {
    const bool fresh = d < shift;
    if (shape[d] == -1 && !fresh) wanted[d] = x.shape()[d - shift];
    check<ShapeError>(wanted[d] >= 0 && (fresh || x.shape()[d - shift] == wanted[d] || x.shape()[d - shift] == 1),
                      "expand: expected a shape that a tensor of shape {} can be stretched to, got {}", x.shape(),
                      shape);
  }
  if (wanted == x.shape()) return x;
  return apply(Expand{wanted, x.shape()}, x);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  check_defined("sum_to", x);
  if (shape == x.shape()) return x;
  check<ShapeError>(shape.size() <= x.dim() && broadcast_shapes("sum_to", x.shape(), shape) == x.shape(),
                    "sum_to: expected a shape that broadcasts to {1}, got {0}", shape, x.shape());
  const int shift = x.dim() - shape.size();
  Dims dims;
  for (int d = 0; d < x.dim(); ++d) {
    if (d < shift || (shape[d - shift] == 1 && x.shape()[d] != 1)) dims.push_back(d);
  }
  return reshape(dims.empty() ? x : sum(x, dims, true), shape);
}

}  // namespace reel
