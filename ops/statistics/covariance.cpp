// Covariances and correlations of variables.

#include <algorithm>

#include <reel/ops/arithmetic.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/statistics.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// The variables as rows.
Tensor variables(std::string_view op, const Tensor& x) {
  check_dtype(op, x, kFloating);
  check<ShapeError>(x.dim() <= 2, "{}: expected variables of rank 2, or one of rank 1, got shape {}", op, x.shape());
  return x.dim() == 2 ? x : reshape(x, {1, -1});
}

Tensor covariance(const Tensor& rows, std::int64_t correction) {
  const Tensor centered = rows - mean(rows, {1}, true);
  const std::int64_t divisor = std::max<std::int64_t>(0, rows.size(1) - correction);
  return matmul(centered, t(centered)) / divisor;
}

}  // namespace

Tensor cov(const Tensor& x, std::int64_t correction) {
  if (is_half(x)) {
    return in_f32(
        "cov", [&](const Tensor& y) { return cov(y, correction); }, x);
  }
  const Tensor out = covariance(variables("cov", x), correction);
  return x.dim() == 2 ? out : reshape(out, {});
}

Tensor corrcoef(const Tensor& x) {
  if (is_half(x)) return in_f32("corrcoef", corrcoef, x);
  const Tensor c = covariance(variables("corrcoef", x), 1), deviations = sqrt(diagonal(c));
  const Tensor out = clamp(c / unsqueeze(deviations, 1) / deviations, -1, 1);
  return x.dim() == 2 ? out : reshape(out, {});
}

}  // namespace reel
