// Reordering and repeating elements: flip, roll, rot90, repeat.

#include <reel/autograd/tape/op.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

struct Flip {
  static constexpr std::string_view name = "flip";
  Dims dims;

  Tensor forward(Context&, const Tensor& x) const {
    const Tensor out = empty_strided(x.shape(), strides_like(x.shape(), x), x.dtype(), x.device());
    if (out.numel() == 0) return out;
    Strides strides = x.strides();
    std::int64_t offset = x.storage_offset();
    for (std::int64_t dim : dims) {
      const int d = static_cast<int>(dim);
      offset += (x.shape()[d] - 1) * strides[d];
      strides[d] = -strides[d];
    }
    copy_elements(out,
                  make_view(x, x.shape(), strides, offset));  // a view with negative strides, which only this copy sees
    return out;
  }
  Grads<1> backward(const Context&, const Tensor& grad) const { return {flip(grad, dims)}; }
};

/// The dimensions counted from the front; throws if one occurs twice.
Dims distinct_dims(std::string_view op, const Dims& dims, int rank) {
  Dims out;
  unsigned seen = 0;
  for (std::int64_t dim : dims) {
    const int d = wrap_dim(op, dim, rank);
    check<ShapeError>(!(seen >> d & 1u), "{}: expected each dimension once, got {}", op, dims);
    seen |= 1u << d;
    if (rank > 0) out.push_back(d);
  }
  return out;
}

}  // namespace

Tensor flip(const Tensor& x, const Dims& dims) {
  check_defined("flip", x);
  return apply(Flip{distinct_dims("flip", dims, x.dim())}, x);
}

Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims) {
  check_defined("roll", x);
  if (dims.empty()) {
    check<ShapeError>(shifts.size() == 1, "roll: expected one shift without dimensions, got {}", shifts);
    return reshape(roll(reshape(x, {-1}), shifts, {0}), x.shape());
  }
  check<ShapeError>(shifts.size() == dims.size(), "roll: expected a shift for each of {} dimensions, got {}",
                    dims.size(), shifts.size());
  for (std::int64_t dim : dims) wrap_dim("roll", dim, x.dim());
  Tensor out = x;
  for (int i = 0; i < dims.size(); ++i) {
    if (x.numel() == 0 || x.dim() == 0) break;
    const std::int64_t size = out.size(dims[i]);
    const std::int64_t shift = (shifts[i] % size + size) % size;
    out = cat({narrow(out, dims[i], size - shift, shift), narrow(out, dims[i], 0, size - shift)}, dims[i]);
  }
  return out.is_same(x) ? x.clone() : out;
}

Tensor rot90(const Tensor& x, std::int64_t k, const Dims& dims) {
  check_defined("rot90", x);
  check<ShapeError>(dims.size() == 2, "rot90: expected 2 dimensions, got {}", dims);
  const Dims plane = distinct_dims("rot90", dims, x.dim());
  check<ShapeError>(x.dim() >= 2, "rot90: expected at least 2 dimensions, got shape {}", x.shape());
  switch ((k % 4 + 4) % 4) {
    case 1:
      return transpose(flip(x, {plane[1]}), plane[0], plane[1]);
    case 2:
      return flip(x, plane);
    case 3:
      return flip(transpose(x, plane[0], plane[1]), {plane[1]});
    default:
      return x.clone();
  }
}

Tensor repeat(const Tensor& x, const Dims& repeats) {
  check_defined("repeat", x);
  check<ShapeError>(repeats.size() >= x.dim(), "repeat: expected at least {} repeats for a tensor of shape {}, got {}",
                    x.dim(), x.shape(), repeats.size());
  Shape shape = x.shape();
  while (shape.size() < repeats.size()) shape.insert(0, 1);
  for (int d = 0; d < shape.size(); ++d) {
    check<ValueError>(repeats[d] >= 0, "repeat: expected numbers of at least 0, got {}", repeats);
  }
  // Dimension by dimension, the innermost first: all that lies inside a dimension is one block to repeat.
  Tensor out = x;
  std::int64_t block = 1;
  for (int d = shape.size() - 1; d >= 0; --d) {
    block *= shape[d];
    std::int64_t outer = 1;
    for (int i = 0; i < d; ++i) outer *= shape[i];
    if (repeats[d] != 1) out = expand(reshape(out, {outer, 1, block}), {outer, repeats[d], block});
    block = checked_mul(block, repeats[d]);
    if (repeats[d] != 1) out = reshape(out, {outer, block});
    shape[d] = checked_mul(shape[d], repeats[d]);
  }
  out = reshape(out, shape);
  return out.impl()->storage == x.impl()->storage ? out.clone() : out;
}

}  // namespace reel
