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
  check_defined(op, a, "the first operand");
  check_defined(op, b, "the second operand");
  if (a.shape() == b.shape()) return {a, b};
  const Shape shape = broadcast_shapes(op, a.shape(), b.shape());
  return {expand(a, shape), expand(b, shape)};
}

namespace {

/// How to get what an in-place operation computes so that the tape records it.
std::string_view recorded_form(std::string_view op) {
  if (op == "add_") return "write y = y + x";
  if (op == "sub_") return "write y = y - x";
  if (op == "mul_") return "write y = y * x";
  if (op == "div_") return "write y = y / x";
  return "make a new tensor with index_put, where, cat or stack";
}

}  // namespace

void check_in_place(std::string_view op, const Tensor& x) {
  check_defined(op, x, "the tensor");
  if (!x.requires_grad() || !GradMode::enabled()) [[likely]]
    return check_no_overlap(op, x);
  // Off the tape only a leaf is a sensible target: the gradient of a result would be wrong without a word.
  fail<AutogradError>(
      "{}: expected a tensor that does not require grad, got one of shape {} that does: in-place "
      "changes are not recorded; {}{}",
      op, x.shape(), recorded_form(op), x.is_leaf() ? ", or update a parameter by hand under NoGradGuard" : "");
}

void check_unrecorded_operand(std::string_view op, const Tensor& operand) {
  check<AutogradError>(
      !(operand.requires_grad() && GradMode::enabled()),
      "{}: expected an operand that does not require grad, got one that does: in-place changes are not "
      "recorded; {}",
      op, recorded_form(op));
}

}  // namespace reel::detail
