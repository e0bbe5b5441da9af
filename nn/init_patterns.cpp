// Initial values with a pattern: truncated, identities of convolutions, sparse ones.

#include <cmath>
#include <vector>

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/init.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/random.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/special.h>

namespace reel::nn::init {
using namespace reel::detail;

Tensor trunc_normal_(const Tensor& t, double mean, double std, double a, double b, Generator& generator) {
  constexpr std::string_view op = "trunc_normal_";
  check_dtype(op, t, kFloating);
  check_option(op, "mean", mean, kFinite);
  check_option(op, "std", std, kPositive);
  check_option(op, "a", a, kFinite);
  check_option(op, "b", b, {a, kInfinite, true, true});
  const NoGradGuard guard;
  // The inverse of the distribution function, of numbers that are uniform between its values at both ends.
  const double scale = std * std::sqrt(2.0);
  const Tensor draws = empty(t.shape(), {.dtype = DType::f64, .device = t.device()});
  fill_uniform(op, draws, std::erf((a - mean) / scale), std::erf((b - mean) / scale), generator);
  return t.copy_(clamp(erfinv(draws) * scale + mean, a, b).to(t.dtype()));
}

Tensor dirac_(const Tensor& t, std::int64_t groups) {
  constexpr std::string_view op = "dirac_";
  check_dtype(op, t, kFloating);
  check<ShapeError>(t.dim() >= 3 && t.dim() <= 5, "{}: expected a weight of rank 3, 4 or 5, got shape {}", op,
                    t.shape());
  check_at_least(op, "groups", groups, 1);
  check<ValueError>(t.size(0) % groups == 0, "{}: expected outputs that {} groups divide, got {}", op, groups,
                    t.size(0));
  const NoGradGuard guard;
  t.fill_(0);
  const std::int64_t outputs = t.size(0) / groups, channels = std::min(outputs, t.size(1));
  std::vector<std::int64_t> from, to;
  for (std::int64_t g = 0; g < groups; ++g) {
    for (std::int64_t c = 0; c < channels; ++c) from.push_back(c), to.push_back(g * outputs + c);
  }
  if (from.empty() || t.numel() == 0) return t;
  Tensors places{tensor(to).to(t.device()), tensor(from).to(t.device())};
  for (int d = 2; d < t.dim(); ++d) places.push_back(tensor(t.size(d) / 2).to(t.device()));
  return t.copy_(index_put(t, places, ones({}, {.dtype = t.dtype(), .device = t.device()})));
}

Tensor sparse_(const Tensor& t, double sparsity, double std, Generator& generator) {
  constexpr std::string_view op = "sparse_";
  check_rank(op, "the tensor", t, 2);
  check_dtype(op, t, kFloating);
  check_option(op, "sparsity", sparsity, kZeroToOne);
  check_option(op, "std", std, kFiniteAtLeastZero);
  const NoGradGuard guard;
  fill_normal(op, t, 0, std, generator);
  const std::int64_t rows = t.size(0), columns = t.size(1);
  const auto zeros = static_cast<std::size_t>(std::ceil(sparsity * static_cast<double>(rows)));
  const Tensor mask = reel::zeros({rows, columns}, {.dtype = DType::boolean, .device = Device::cpu()});
  bool* is_zero = mask.data_ptr<bool>();
  for (std::int64_t c = 0; c < columns; ++c) {
    const std::vector<std::int64_t> order = random_order(rows, generator);
    for (std::size_t i = 0; i < zeros; ++i) is_zero[order[i] * columns + c] = true;
  }
  return t.masked_fill_(mask.to(t.device()), 0);
}

}  // namespace reel::nn::init
