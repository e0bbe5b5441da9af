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

Tensor Unflatten::forward(const Tensor& x) const { return unflatten(x, dim_, sizes_); }

}  // namespace reel::nn
