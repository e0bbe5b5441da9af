// Orthogonal initial values.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/linalg.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/view.h>

namespace reel::nn::init {
using namespace reel::detail;

Tensor orthogonal_(const Tensor& t, double gain, Generator& generator) {
  check_dtype("orthogonal_", t, kFloating);
  check_option("orthogonal_", "gain", gain, kFinite);
  check<ShapeError>(t.dim() >= 2, "orthogonal_: expected a tensor of rank 2 or more, got shape {}", t.shape());
  if (t.numel() == 0) return t;
  const NoGradGuard guard;
  const std::int64_t rows = t.size(0), columns = t.numel() / rows;
  const DType dtype = is_half(t) ? DType::f32 : t.dtype();
  const Tensor numbers = randn({rows, columns}, {.dtype = dtype, .device = t.device()}, generator);
  const auto [q, r] = linalg::qr(rows < columns ? transpose(numbers, 0, 1) : numbers);
  // With a positive diagonal of R every orthogonal matrix is equally likely (Mezzadri 2007).
  const Tensor uniform = q * sign(diagonal(r));
  t.copy_(reshape((rows < columns ? transpose(uniform, 0, 1) : uniform) * gain, t.shape()));
  return t;
}

}  // namespace reel::nn::init
