// Random numbers whose distribution is an operand: bernoulli, multinomial.

#include <cmath>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/random.h>
#include <reel/ops/reduction.h>
#include <reel/ops/sorted.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// Throws unless the weights, [m, n], are finite and not negative and `least` of each row are positive.
void check_weights(const Tensor& weights, std::int64_t least) {
  check<ValueError>(all(logical_and(weights >= 0, weights < INFINITY)).item<bool>(),
                    "multinomial: expected weights that are finite and not negative, got others");
  check<ValueError>(all(sum(weights > 0, {1}) >= least).item<bool>(),
                    "multinomial: expected at least {} positive weights in each row, got fewer", least);
}

/// The element whose part of the running sum a uniform number hits.
Tensor draw_with_replacement(const Tensor& weights, std::int64_t count, Generator& generator) {
  const Tensor sums = cumsum(weights, 1), total = narrow(sums, 1, sums.size(1) - 1, 1);
  const Tensor at = rand({weights.size(0), count}, weights.options(), generator) * total;
  return searchsorted(sums, at, false, true);
}

/// The first of processes that happen at exponential times with the weights as rates (Efraimidis and Spirakis,
/// "Weighted random sampling with a reservoir", 2006). What has no weight comes last, as NaN.
Tensor draw_without_replacement(const Tensor& weights, std::int64_t count, Generator& generator) {
  const Tensor times = -log1p(-rand(weights.shape(), weights.options(), generator)) / weights;
  return std::get<1>(topk(masked_fill(times, weights == 0, NAN), count, 1, false));
}

}  // namespace

Tensor bernoulli(const Tensor& p, Generator& generator) {
  check_dtype("bernoulli", p, kFloating);
  if (is_half(p)) return bernoulli(p.to(DType::f32), generator).to(p.dtype());
  const Tensor probabilities = p.detach().contiguous();
  kernels::range_check[p.device()]({.check = {.op = "bernoulli", .kind = kernels::RangeCheck::Kind::probability},
                                    .dtype = p.dtype(),
                                    .data = probabilities.data(),
                                    .n = p.numel(),
                                    .low = 0,
                                    .high = 1});
  // Drawn in f64: a number with the 24 bits of f32 would hit small probabilities too often or never.
  return (rand(p.shape(), {.dtype = DType::f64, .device = p.device()}, generator) < probabilities.to(DType::f64))
      .to(p.dtype());
}

Tensor bernoulli(const Tensor& x, double p, Generator& generator) {
  check_dtype("bernoulli", x, kNumericAndBool);
  check_option("bernoulli", "p", p, kZeroToOne);
  return (rand(x.shape(), {.dtype = DType::f64, .device = x.device()}, generator) < p).to(x.dtype());
}

Tensor multinomial(const Tensor& weights, std::int64_t num_samples, bool replacement, Generator& generator) {
  check_dtype("multinomial", weights, kFloating);
  check<ShapeError>(weights.dim() == 1 || weights.dim() == 2,
                    "multinomial: expected weights of rank 1 or 2, got shape {}", weights.shape());
  check_at_least("multinomial", "num_samples", num_samples, 1);
  const std::int64_t n = weights.size(-1);
  check<ValueError>(replacement || num_samples <= n,
                    "multinomial: expected at most {} samples without replacement, got {}", n, num_samples);
  const NoGradGuard guard;
  const Tensor wide = weights.detach().to(DType::f64), rows = weights.dim() == 1 ? unsqueeze(wide, 0) : wide;
  check_weights(rows, replacement ? 1 : num_samples);
  const Tensor scaled = rows / amax(rows, {1}, true);  // so that no sum is out of range
  const Tensor drawn = replacement ? draw_with_replacement(scaled, num_samples, generator)
                                   : draw_without_replacement(scaled, num_samples, generator);
  return weights.dim() == 1 ? squeeze(drawn, 0) : drawn;
}

}  // namespace reel
