// Directions, angles and distances of vectors: normalize, cosine_similarity, pairwise_distance.

#include <reel/ops/distance.h>

#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/elementwise.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>

namespace reel {
using namespace detail;
namespace {

/// x / max(|x|, eps). The gradient of the norm is 0 at 0, so that of this is finite there.
Tensor direction(const Tensor& x, double p, const Dims& dim, double eps) {
  return x / clamp(norm(x, p, dim, true), eps);
}

/// Both operands, floating and of one shape.
std::array<Tensor, 2> vectors(std::string_view op, const Tensor& a, const Tensor& b) {
  check_dtype(op, a, kFloating);
  check_same_dtype(op, a, b);
  check_same_device(op, a, b);
  return broadcast(op, a, b);
}

}  // namespace

Tensor normalize(const Tensor& x, double p, const Dims& dim, double eps) {
  check_dtype("normalize", x, kFloating);
  check_option("normalize", "p", p, kNotNan);
  check_option("normalize", "eps", eps, kFiniteAtLeastZero);
  for (const std::int64_t d : dim) wrap_dim("normalize", d, x.dim());
  return in_f32(
      "normalize", [&](const Tensor& y) { return direction(y, p, dim, eps); }, x);
}

Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim, double eps) {
  const auto [x, y] = vectors("cosine_similarity", a, b);
  check_option("cosine_similarity", "eps", eps, kFiniteAtLeastZero);
  wrap_dim("cosine_similarity", dim, x.dim());
  const auto cosine = [&](const Tensor& u, const Tensor& v) {
    return sum(direction(u, 2, dim, eps) * direction(v, 2, dim, eps), dim);
  };
  return in_f32("cosine_similarity", cosine, x, y);
}

Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p, double eps, bool keepdim) {
  const auto [x, y] = vectors("pairwise_distance", a, b);
  check_option("pairwise_distance", "p", p, kNotNan);
  check_option("pairwise_distance", "eps", eps, kFiniteAtLeastZero);
  const auto distance = [&](const Tensor& u, const Tensor& v) { return norm(u - v + eps, p, -1, keepdim); };
  return in_f32("pairwise_distance", distance, x, y);
}

}  // namespace reel
