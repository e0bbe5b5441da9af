#include <reel/ops/elementwise.h>

#include <reel/autograd/grad_mode.h>
#include <reel/ops/copy.h>

namespace reel {

Strides detail::result_strides(const Shape& shape, std::span<const Tensor* const> inputs) {
  for (const Tensor* x : inputs) {
    if (x->is_contiguous() || is_dense(shape, x->strides())) return x->strides();
  }
  return contiguous_strides(shape);
}

void check_in_place(std::string_view op, const Tensor& x) {
  check<AutogradError>(!(x.requires_grad() && GradMode::enabled()),
                       "{}: a tensor of shape {} that requires grad cannot be changed in place outside no_grad", op,
                       x.shape());
  check_no_overlap(op, x);
}

}  // namespace reel
