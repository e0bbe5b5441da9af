// Reordered dimensions: permute, transpose, t, movedim.

#include <reel/autograd/tape/op.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Permute {
  static constexpr std::string_view name = "permute";
  Dims order;

  Tensor forward(Context&, const Tensor& x) const {
    Shape shape = x.shape();
    Strides strides = x.strides();
    for (int d = 0; d < order.size(); ++d) {
      shape[d] = x.shape()[static_cast<int>(order[d])];
      strides[d] = x.strides()[static_cast<int>(order[d])];
    }
    return make_view(x, shape, strides, x.storage_offset());
  }
  Grads<1> backward(const Context&, const Tensor& grad) const {
    Dims inverse = order;
    for (int d = 0; d < order.size(); ++d) inverse[static_cast<int>(order[d])] = d;
    return {permute(grad, inverse)};
  }
};

Dims identity(int rank) {
  Dims order;
  for (int d = 0; d < rank; ++d) order.push_back(d);
  return order;
}

}  // namespace

Tensor permute(const Tensor& x, const Dims& dims) {
  check_defined("permute", x);
  check<ShapeError>(dims.size() == x.dim(), "permute: expected every dimension of shape {}, got {}", x.shape(), dims);
  Dims order = dims;
  unsigned seen = 0;
  for (std::int64_t& d : order) {
    d = wrap_dim("permute", d, x.dim());
    seen |= 1u << d;
  }
  check<ShapeError>(seen == (1u << x.dim()) - 1, "permute: expected each dimension once, got {}", dims);
  return apply(Permute{order}, x);
}

Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1) {
  check_defined("transpose", x);
  const int a = wrap_dim("transpose", dim0, x.dim()), b = wrap_dim("transpose", dim1, x.dim());
  if (a == b) return x;
  Dims order = identity(x.dim());
  std::swap(order[a], order[b]);
  return apply(Permute{order}, x);
}

Tensor t(const Tensor& x) {
  check_defined("t", x);
  check<ShapeError>(x.dim() <= 2, "t: expected at most 2 dimensions, got shape {}; use transpose or permute",
                    x.shape());
  return x.dim() < 2 ? x : transpose(x, 0, 1);
}

Tensor movedim(const Tensor& x, const Dims& source, const Dims& destination) {
  check_defined("movedim", x);
  check<ShapeError>(source.size() == destination.size(),
                    "movedim: expected as many sources as destinations, got {} and {}", source.size(),
                    destination.size());
  Dims order = Dims::filled(x.dim(), -1);
  unsigned moved = 0;
  for (int i = 0; i < source.size(); ++i) {
    const int from = wrap_dim("movedim", source[i], x.dim()), to = wrap_dim("movedim", destination[i], x.dim());
    check<ShapeError>((x.dim() == 0 || order[to] < 0) && !(moved >> from & 1u),
                      "movedim: expected each dimension once, got {} and {}", source, destination);
    order[to] = from;
    moved |= 1u << from;
  }
  if (x.dim() == 0) return x;
  int next = 0;
  for (std::int64_t& d : order) {
    if (d >= 0) continue;
    while (moved >> next & 1u) ++next;
    d = next++;
  }
  return apply(Permute{order}, x);
}

}  // namespace reel
