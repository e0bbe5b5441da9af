// The same elements in another shape: view, reshape, flatten, unflatten, squeeze, unsqueeze.

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The strides of x viewed as `shape`, if it can be without a copy: each group of old dimensions that are contiguous
/// with each other must be filled exactly by a group of new ones.
std::optional<Strides> view_strides(const Tensor& x, const Shape& shape) {
  if (x.is_contiguous()) return contiguous_strides(shape);
  const Shape& from = x.shape();
  const Strides& strides = x.strides();
  Strides out = Dims::filled(shape.size(), 1);
  int next = shape.size() - 1;
  std::int64_t group = 1, filled = 1;  // elements of the old group, and of the new dimensions inside it
  std::int64_t base = 1;               // the stride of the group's innermost dimension
  bool fresh = true;
  for (int d = from.size() - 1; d >= 0; --d) {
    if (fresh) base = strides[d];
    fresh = false;
    group *= from[d];
    const bool ends = d == 0 || (from[d - 1] != 1 && strides[d - 1] != group * base);
    if (!ends) continue;
    while (next >= 0 && (filled < group || shape[next] == 1)) {
      out[next] = filled * base;
      filled *= shape[next--];
    }
    if (filled != group) return std::nullopt;
    group = filled = 1;
    fresh = true;
  }
  return out;
}

/// `shape` with the size that is -1 computed.
Shape infer_shape(std::string_view op, const Tensor& x, const Shape& shape) {
  check_defined(op, x);
  Shape out = shape;
  int unknown = -1;
  std::int64_t known = 1;
  for (int d = 0; d < shape.size(); ++d) {
    if (shape[d] == -1) {
      check<ShapeError>(unknown < 0, "{}: expected at most one size of -1, got {}", op, shape);
      unknown = d;
    } else {
      check<ShapeError>(shape[d] >= 0, "{}: expected sizes of at least 0 or one -1, got {}", op, shape);
      known = checked_mul(known, shape[d]);
    }
  }
  if (unknown >= 0) {
    check<ShapeError>(known > 0 && x.numel() % known == 0,
                      "{}: expected sizes that a tensor of shape {} can have, got {}", op, x.shape(), shape);
    out[unknown] = x.numel() / known;
  } else {
    check<ShapeError>(known == x.numel(), "{}: expected a shape for the elements of {} ({}), got {}", op, x.shape(),
                      x.numel(), shape);
  }
  return out;
}

struct View {
  static constexpr std::string_view name = "view";
  Shape shape;
  Strides strides;
  Shape from;

  Tensor forward(Context&, const Tensor& x) const { return make_view(x, shape, strides, x.storage_offset()); }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {reshape(grad, from)}; }
};

}  // namespace

Tensor TensorMethods::view(const Shape& shape) const {
  const Tensor& x = self();
  const Shape inferred = infer_shape("view", x, shape);
  const std::optional<Strides> strides = view_strides(x, inferred);
  check<ShapeError>(strides.has_value(),
                    "view: expected a shape that {} with strides {} can be seen as without a copy, got {}; use reshape",
                    x.shape(), x.strides(), shape);
  return apply(View{inferred, *strides, x.shape()}, x);
}

Tensor reshape(const Tensor& x, const Shape& shape) {
  const Shape inferred = infer_shape("reshape", x, shape);
  if (inferred == x.shape()) return x;
  if (const auto strides = view_strides(x, inferred)) {
    return apply(View{inferred, *strides, x.shape()}, x);
  }
  return apply(View{inferred, contiguous_strides(inferred), x.shape()}, x.contiguous());
}

Tensor flatten(const Tensor& x, std::int64_t start_dim, std::int64_t end_dim) {
  check_defined("flatten", x);
  const int start = wrap_dim("flatten", start_dim, x.dim()), end = wrap_dim("flatten", end_dim, x.dim());
  check<ShapeError>(start <= end, "flatten: expected start_dim before end_dim, got {} and {}", start_dim, end_dim);
  if (x.dim() == 0) return reshape(x, {1});
  Shape shape;
  std::int64_t merged = 1;
  for (int d = 0; d < x.dim(); ++d) {
    if (d < start || d > end) shape.push_back(x.shape()[d]);
    else merged *= x.shape()[d];
    if (d == end) shape.push_back(merged);
  }
  return reshape(x, shape);
}

Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes) {
  check_defined("unflatten", x);
  const int split = wrap_dim("unflatten", dim, x.dim());
  check<ShapeError>(x.dim() > 0 && !sizes.empty(),
                    "unflatten: expected a dimension to split and at least one size, got shape {} and sizes {}",
                    x.shape(), sizes);
  Shape shape = x.shape(), parts = sizes;
  std::int64_t known = 1, unknown = 0;
  for (const std::int64_t n : sizes) n == -1 ? ++unknown : known = checked_mul(known, n);
  for (std::int64_t& n : parts) {
    if (n == -1) n = known > 0 ? shape[split] / known : 0, known *= n;
  }
  check<ShapeError>(unknown <= 1 && known == shape[split], "unflatten: expected sizes that make up {}, got {}",
                    shape[split], sizes);
  shape.erase(split);
  for (int i = 0; i < parts.size(); ++i) shape.insert(split + i, parts[i]);
  return reshape(x, shape);
}

Tensor squeeze(const Tensor& x) {
  check_defined("squeeze", x);
  Shape shape;
  Strides strides;
  for (int d = 0; d < x.dim(); ++d) {
    if (x.shape()[d] == 1) continue;
    shape.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  }
  if (shape.size() == x.dim()) return x;
  return apply(View{shape, strides, x.shape()}, x);
}

Tensor squeeze(const Tensor& x, std::int64_t dim) {
  check_defined("squeeze", x);
  const int d = wrap_dim("squeeze", dim, x.dim());
  if (x.dim() == 0 || x.shape()[d] != 1) return x;
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape.erase(d);
  strides.erase(d);
  return apply(View{shape, strides, x.shape()}, x);
}

Tensor unsqueeze(const Tensor& x, std::int64_t dim) {
  check_defined("unsqueeze", x);
  const int d = wrap_dim("unsqueeze", dim, x.dim() + 1);
  Shape shape = x.shape();
  Strides strides = x.strides();
  strides.insert(d, d < x.dim() ? shape[d] * strides[d] : 1);
  shape.insert(d, 1);
  return apply(View{shape, strides, x.shape()}, x);
}

}  // namespace reel
