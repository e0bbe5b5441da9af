// Elements by their positions in the flattened tensor, and broadcast forms: take, take_along_dim, masked_scatter.

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/indexing.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/selection.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;

Tensor take(const Tensor& x, const Tensor& positions) {
  const Tensor index = index_tensor("take", x, positions);
  check_positions("take", index, 0, x.numel(), true);
  return reel::index(reshape(x, {-1}), {index});
}

Tensor take_along_dim(const Tensor& x, const Tensor& positions, std::optional<std::int64_t> dim) {
  constexpr std::string_view op = "take_along_dim";
  const Tensor index = index_tensor(op, x, positions);
  if (!dim) return gather(reshape(x, {-1}), 0, reshape(index, {-1}));
  check<ShapeError>(index.dim() == x.dim(), "{}: expected an index of rank {} for a tensor of shape {}, got shape {}",
                    op, x.dim(), x.shape(), index.shape());
  const int d = wrap_dim(op, *dim, x.dim());
  if (x.dim() == 0) return gather(x, 0, index);
  Shape of_x = x.shape(), of_index = index.shape();
  of_x[d] = of_index[d] = 1;
  Shape common = broadcast_shapes(op, of_x, of_index), source = common;
  common[d] = index.shape()[d];
  source[d] = x.shape()[d];
  return gather(expand(x, source), d, expand(index, common));
}

Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source) {
  constexpr std::string_view op = "masked_scatter";
  check_defined(op, x);
  check_defined(op, mask, "the mask");
  check_dtype(op, mask, kBool);
  check_same_device(op, x, mask);
  check_defined(op, source, "the source");
  check_same_dtype(op, x, source);
  check_same_device(op, x, source);
  check<ShapeError>(broadcast_shapes(op, x.shape(), mask.shape()) == x.shape(),
                    "{}: expected a mask that broadcasts to {}, got shape {}", op, x.shape(), mask.shape());
  const Tensor chosen = expand(mask, x.shape());
  const Tensor positions = reshape(nonzero(reshape(chosen, {-1})), {-1});
  const std::int64_t count = positions.numel();
  check<IndexError>(count <= source.numel(), "{}: expected a source of at least {} elements, got {}", op, count,
                    source.numel());
  const Tensor values = narrow(reshape(source, {-1}), 0, 0, count);
  return reshape(put_slices(reshape(x, {-1}), {x.numel()}, 0, positions, values, false), x.shape());
}

}  // namespace reel
