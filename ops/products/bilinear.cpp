// The bilinear form of two vectors.

#include <reel/ops/bilinear.h>

#include <algorithm>

#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;

Tensor bilinear(const Tensor& a, const Tensor& b, const Tensor& weight, const Tensor& bias) {
  constexpr std::string_view op = "bilinear";
  check_dtype(op, a, kFloating);
  check_rank(op, "the weight", weight, 3);
  check_defined(op, b, "the second input");
  for (const Tensor* x : {&b, &weight, &bias}) {
    if (!x->defined()) continue;
    check_same_dtype(op, a, *x);
    check_same_device(op, a, *x);
  }
  check<ShapeError>(a.dim() > 0 && b.dim() > 0, "{}: expected vectors, got shapes {} and {}", op, a.shape(), b.shape());
  Shape result = a.shape(), other = b.shape();
  const std::int64_t out = weight.size(0), n = weight.size(1), m = weight.size(2);
  result[result.size() - 1] = out;
  other[other.size() - 1] = out;
  check<ShapeError>(a.shape().back() == n && b.shape().back() == m && result == other,
                    "{}: expected inputs [..., {}] and [..., {}] of one leading shape for the weight {}, got {} and {}",
                    op, n, m, weight.shape(), a.shape(), b.shape());
  check<ShapeError>(!bias.defined() || bias.shape() == Shape{out}, "{}: expected a bias of shape [{}], got {}", op, out,
                    bias.defined() ? bias.shape() : Shape{});
  if (is_half(a)) return in_f32(op, bilinear, a, b, weight, bias);
  // [samples, n] @ [n, out * m], then each row of m with b.
  const Tensor rows = reshape(a, {numel(a.shape()) / std::max<std::int64_t>(n, 1), n});
  const Tensor forms = reshape(matmul(rows, reshape(permute(weight, {1, 0, 2}), {n, out * m})), {rows.size(0), out, m});
  const Tensor y = reshape(matmul(forms, reshape(b, {rows.size(0), m, 1})), result);
  return bias.defined() ? y + bias : y;
}

}  // namespace reel
