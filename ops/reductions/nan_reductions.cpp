// Pairs of reductions, and reductions of a part of the elements.

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/statistics.h>

namespace reel {
using namespace detail;

std::tuple<Tensor, Tensor> var_mean(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  check_dtype("var_mean", x, kFloating);
  return {var(x, dims, correction, keepdim), mean(x, dims, keepdim)};
}

std::tuple<Tensor, Tensor> std_mean(const Tensor& x, const Dims& dims, double correction, bool keepdim) {
  check_dtype("std_mean", x, kFloating);
  return {stddev(x, dims, correction, keepdim), mean(x, dims, keepdim)};
}

std::tuple<Tensor, Tensor> aminmax(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  check_dtype("aminmax", x, kNumericAndBool);
  const Dims dims = dim ? Dims{*dim} : Dims{};
  return {amin(x, dims, keepdim), amax(x, dims, keepdim)};
}

Tensor nansum(const Tensor& x, const Dims& dims, bool keepdim) {
  check_dtype("nansum", x, kFloating);
  return sum(masked_fill(x, isnan(x), 0), dims, keepdim);
}

Tensor nanmean(const Tensor& x, const Dims& dims, bool keepdim) {
  check_dtype("nanmean", x, kFloating);
  if (is_half(x)) {
    return in_f32(
        "nanmean", [&](const Tensor& y) { return nanmean(y, dims, keepdim); }, x);
  }
  const Tensor missing = isnan(x), counts = sum(logical_not(missing), dims, keepdim);
  return sum(masked_fill(x, missing, 0), dims, keepdim) / counts.to(x.dtype());
}

Tensor count_nonzero(const Tensor& x, const Dims& dims) {
  check_dtype("count_nonzero", x, kNumericAndBool);
  return sum(x.detach() != 0, dims);
}

}  // namespace reel
