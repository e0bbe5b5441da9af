// Joining tensors along a dimension: cat, stack.

#include <reel/autograd/tape/op.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/small_vector.h>

namespace reel {
using namespace detail;
namespace {

struct Cat {
  static constexpr std::string_view name = "cat";
  int dim;
  Shape shape;
  Strides strides;
  SmallVector<std::int64_t, 4> sizes;  // of the inputs along `dim`

  Tensor forward(Context&, std::span<const Tensor> inputs) const {
    const Tensor out = empty_strided(shape, strides, inputs[0].dtype(), inputs[0].device());
    Shape piece = shape;
    std::int64_t offset = 0;
    for (const Tensor& input : inputs) {
      piece[dim] = input.shape()[dim];
      make_view(out, piece, strides, offset).copy_(input.detach());
      offset += piece[dim] * strides[dim];
    }
    return out;
  }

  std::vector<Tensor> backward(const Context& ctx, const Tensor& grad) const {
    std::vector<Tensor> grads(sizes.size());
    std::int64_t start = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      if (ctx.needs_grad(i)) grads[i] = narrow(grad, dim, start, sizes[i]);
      start += sizes[i];
    }
    return grads;
  }
};

/// As in PyTorch, an empty vector can be joined to tensors of any shape.
bool is_empty_vector(const Tensor& x) { return x.dim() == 1 && x.numel() == 0; }

}  // namespace

Tensor cat(const Tensors& tensors, std::int64_t dim) {
  check<ValueError>(!tensors.empty(), "cat: expected at least one tensor, got none");
  for (const Tensor& t : tensors) check_defined("cat", t);
  auto first = std::find_if_not(tensors.begin(), tensors.end(), is_empty_vector);
  if (first == tensors.end()) first = tensors.begin();
  check<ShapeError>(first->dim() > 0, "cat: expected tensors of rank 1 or more, got rank 0; use stack");

  Cat op{wrap_dim("cat", dim, first->dim()), first->shape(), {}, {}};
  op.shape[op.dim] = 0;
  bool row_major = true, channels_last = true;
  Tensors inputs;
  for (const Tensor& t : tensors) {
    check_same_dtype("cat", *first, t);
    check_same_device("cat", *first, t);
    if (is_empty_vector(t) && first->dim() != 1) {
      Shape nothing = first->shape();
      nothing[op.dim] = 0;
      inputs.push_back(reshape(t, nothing));  // joined as well, so that its gradient is defined
      op.sizes.push_back(0);
      continue;
    }
    Shape expected = t.shape();
    if (t.dim() == first->dim()) expected[op.dim] = first->shape()[op.dim];
    check<ShapeError>(expected == first->shape(),
                      "cat: expected shapes that differ in dimension {} alone, got {} and {}", dim, first->shape(),
                      t.shape());
    op.shape[op.dim] += t.shape()[op.dim];
    op.sizes.push_back(t.shape()[op.dim]);
    row_major = row_major && t.is_contiguous();
    channels_last = channels_last && t.is_channels_last();
    inputs.push_back(t);
  }
  op.strides = image_strides(op.shape, channels_last && !row_major);
  return apply(std::move(op), std::span<const Tensor>(inputs));
}

Tensor stack(const Tensors& tensors, std::int64_t dim) {
  check<ValueError>(!tensors.empty(), "stack: expected at least one tensor, got none");
  Tensors slices;
  for (const Tensor& t : tensors) {
    check_defined("stack", t);
    check<ShapeError>(t.shape() == tensors[0].shape(), "stack: expected tensors of one shape, got {} and {}",
                      tensors[0].shape(), t.shape());
    slices.push_back(unsqueeze(t, wrap_dim("stack", dim, t.dim() + 1)));
  }
  return cat(slices, wrap_dim("stack", dim, slices[0].dim()));
}

}  // namespace reel
