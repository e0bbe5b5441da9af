// Distances and lengths of rows: cdist, renorm.

#include <cmath>

#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/distance.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/numeric.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// From so many rows on the Euclidean distance is computed by a product, as in PyTorch.
constexpr std::int64_t kManyRows = 26;

/// sqrt(|x|^2 + |y|^2 - 2 xy), which loses what the squares have in common. So the rows are taken from their mean
/// first, a constant, since distances do not depend on it.
Tensor euclidean_by_product(const Tensor& x1, const Tensor& x2) {
  const AutocastGuard exact(DType::f32);
  const Tensor center = no_grad([&] { return nan_to_num(mean(x1, {-2}, true), 0, 0, 0); });
  const Tensor a = x1 - center, b = x2 - center;
  const Tensor squares = sum(square(a), {-1}, true) + transpose(sum(square(b), {-1}, true), -2, -1);
  const Tensor distances = squares - 2 * matmul(a, transpose(b, -2, -1));
  const Tensor none = distances <= 0;  // their root has no derivative
  return masked_fill(sqrt(masked_fill(distances, none, 1)), none, 0);
}

}  // namespace

Tensor cdist(const Tensor& x1, const Tensor& x2, double p) {
  check_dtype("cdist", x1, kFloating);
  check_same_dtype("cdist", x1, x2);
  check_same_device("cdist", x1, x2);
  check_option("cdist", "p", p, kAtLeastZero);
  if (is_half(x1)) {
    return in_f32(
        "cdist", [&](const Tensor& a, const Tensor& b) { return cdist(a, b, p); }, x1, x2);
  }
  check<ShapeError>(x1.dim() >= 2 && x2.dim() >= 2 && x1.size(-1) == x2.size(-1),
                    "cdist: expected rows of one size, [..., n, m] and [..., k, m], got shapes {} and {}", x1.shape(),
                    x2.shape());
  if (p == 2 && std::max(x1.size(-2), x2.size(-2)) >= kManyRows) return euclidean_by_product(x1, x2);
  const Tensor differences = unsqueeze(x1, -2) - unsqueeze(x2, -3);
  return norm(differences, x1.size(-1) > 0 ? p : 1, {-1});
}

Tensor renorm(const Tensor& x, double p, std::int64_t dim, double maxnorm) {
  check_dtype("renorm", x, kFloating);
  check_option("renorm", "p", p, {0, kInfinite, true, false});
  check_option("renorm", "maxnorm", maxnorm, kAtLeastZero);
  if (is_half(x)) {
    return in_f32(
        "renorm", [&](const Tensor& y) { return renorm(y, p, dim, maxnorm); }, x);
  }
  const int d = wrap_dim("renorm", dim, x.dim());
  check<ShapeError>(x.dim() >= 2, "renorm: expected at least 2 dimensions, got shape {}", x.shape());
  Dims others;
  for (int i = 0; i < x.dim(); ++i) {
    if (i != d) others.push_back(i);
  }
  if (x.numel() == 0) return x.clone();
  const Tensor norms = norm(x, p, others, true), longer = norms > maxnorm;
  return x * masked_fill(maxnorm / (masked_fill(norms, logical_not(longer), 1) + 1e-7), logical_not(longer), 1);
}

}  // namespace reel
