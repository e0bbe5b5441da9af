// The opposite of Flatten.

#include <reel/nn/layers/unflatten.h>

#include <reel/nn/text.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/check.h>

namespace reel::nn {

Unflatten::Unflatten(std::int64_t dim, const Shape& unflattened_size) : dim_(dim), sizes_(unflattened_size) {
  check<ValueError>(!sizes_.empty(), "Unflatten: expected at least one size, got none");
  set_extra_text(fmt::format("dim={}, unflattened_size={}", dim, text::tuple(sizes_)));
}

Tensor Unflatten::forward(const Tensor& x) const {
  const int dim = wrap_dim("Unflatten", dim_, x.dim());
  check<ShapeError>(x.dim() > 0, "Unflatten: expected a dimension to split, got rank 0");
  Shape shape = x.shape(), sizes = sizes_;
  std::int64_t known = 1, unknown = 0;
  for (const std::int64_t n : sizes) n == -1 ? ++unknown : known *= n;
  for (std::int64_t& n : sizes) {
    if (n == -1) n = known > 0 ? shape[dim] / known : 0, known *= n;
  }
  check<ShapeError>(unknown <= 1 && known == shape[dim], "Unflatten: expected sizes that make up {}, got {}",
                    shape[dim], sizes_);
  shape.erase(dim);
  for (int i = 0; i < sizes.size(); ++i) shape.insert(dim + i, sizes[i]);
  return reshape(x, shape);
}

}  // namespace reel::nn
