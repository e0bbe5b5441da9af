// The gated linear unit.

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;

Tensor glu(const Tensor& x, std::int64_t dim) {
  check_dtype("glu", x, kFloating);
  check<ShapeError>(x.dim() > 0, "glu: expected a tensor of rank 1 or more, got rank 0");
  const int d = wrap_dim("glu", dim, x.dim());
  const std::int64_t size = x.shape()[d];
  check<ShapeError>(size % 2 == 0, "glu: expected an even size of dimension {}, got shape {}", dim, x.shape());
  Shape shape = x.shape();
  std::int64_t outer = 1, inner = 1;
  for (int i = 0; i < d; ++i) outer *= shape[i];
  for (int i = d + 1; i < x.dim(); ++i) inner *= shape[i];
  shape[d] = size / 2;
  // Not narrow(): the gradients of both halves go into one tensor.
  const Tensors halves = unbind(reshape(x, {outer, 2, shape[d] * inner}), 1);
  const auto gated = [](const Tensor& a, const Tensor& b) { return a * sigmoid(b); };
  return reshape(in_f32("glu", gated, halves[0], halves[1]), shape);
}

}  // namespace reel
