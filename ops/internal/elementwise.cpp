// What elementwise operations share: broadcasting, the memory of the result, the check before an in-place change.

#include <reel/ops/internal/elementwise.h>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/internal/copy.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/view.h>

namespace reel::detail {

Tensor empty_result(std::span<const Tensor* const> inputs, DType dtype) {
  const Shape& shape = inputs[0]->shape();
  const Device device = inputs[0]->device();
  for (const Tensor* x : inputs) {
    if (is_dense(*x)) return empty_strided(shape, x->strides(), dtype, device);
  }
  return empty_strided(shape, contiguous_strides(shape), dtype, device);
}

std::array<Tensor, 2> broadcast(std::string_view op, const Tensor& a, const Tensor& b) {
  if (a.shape() == b.shape()) return {a, b};
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  return {expand(a, shape), expand(b, shape)};
}

void check_in_place(std::string_view op, const Tensor& x) {
  check<AutogradError>(!(x.requires_grad() && GradMode::enabled()),
                       "{}: a tensor of shape {} that requires grad cannot be changed in place outside no_grad", op,
                       x.shape());
  check_no_overlap(op, x);
}

}  // namespace reel::detail
