// Broadcast views: broadcast_to, meshgrid.

#include <utility>

#include <reel/ops/internal/checks.h>
#include <reel/ops/selection.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;

Tensor broadcast_to(const Tensor& x, const Shape& shape) {
  check_defined("broadcast_to", x);
  return expand(x, shape);
}

Tensors meshgrid(const Tensors& tensors, std::string_view indexing) {
  check<ValueError>(indexing == "ij" || indexing == "xy",
                    "meshgrid: expected the indexing \"ij\" or \"xy\", got \"{}\"", indexing);
  check<ValueError>(!tensors.empty(), "meshgrid: expected at least one tensor, got none");
  Shape shape;
  for (const Tensor& x : tensors) {
    check_same_dtype("meshgrid", tensors[0], x);
    check_same_device("meshgrid", tensors[0], x);
    check<ShapeError>(x.dim() <= 1, "meshgrid: expected vectors, got shape {}", x.shape());
    shape.push_back(x.numel());
  }
  const bool swapped = indexing == "xy" && tensors.size() > 1;
  if (swapped) std::swap(shape[0], shape[1]);
  Tensors grids;
  for (int i = 0; i < shape.size(); ++i) {
    Shape along = Dims::filled(shape.size(), 1);
    along[swapped && i < 2 ? 1 - i : i] = -1;
    grids.push_back(expand(reshape(tensors[static_cast<std::size_t>(i)], along), shape));
  }
  return grids;
}

}  // namespace reel
