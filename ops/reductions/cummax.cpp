// Running extremes and the running logsumexp. What is known of windows of 2^k elements gives that of twice as many: log
// n passes over whole tensors.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/numeric.h>
#include <reel/ops/scan.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

using Running = std::tuple<Tensor, Tensor>;

std::int64_t line_length(const Tensor& x, int dim) { return x.dim() > 0 ? x.size(dim) : 1; }

/// Where the extreme element so far is. `reaches(a, b)` is whether a is at least as extreme as b.
template <class Reaches> Tensor positions(const Tensor& x, int dim, Reaches&& reaches) {
  const std::int64_t n = line_length(x, dim);
  Shape along = Dims::filled(x.dim(), 1);
  if (x.dim() > 0) along[dim] = n;
  Tensor at = expand(reshape(arange(0, n, 1, {.dtype = DType::i64, .device = x.device()}), along), x.shape());
  Tensor values = x;
  for (std::int64_t step = 1; step < n; step *= 2) {
    const auto before = [&](const Tensor& t) { return narrow(t, dim, 0, n - step); };
    const auto after = [&](const Tensor& t) { return narrow(t, dim, step, n - step); };
    const Tensor last = after(values);
    const Tensor stays = logical_or(reaches(last, before(values)), last != last);
    const auto chosen = [&](const Tensor& t) {
      return cat({narrow(t, dim, 0, step), where(stays, after(t), before(t))}, dim);
    };
    at = chosen(at);
    values = chosen(values);
  }
  return at.contiguous();
}

template <class Reaches> Running running(std::string_view op, const Tensor& x, std::int64_t dim, Reaches&& reaches) {
  check_dtype(op, x, kNumericAndBool);
  const int d = wrap_dim(op, dim, x.dim());
  const Tensor at = no_grad([&] { return positions(x.detach(), d, reaches); });
  return {gather(x, d, at), at};
}

}  // namespace

Running cummax(const Tensor& x, std::int64_t dim) {
  return running("cummax", x, dim, [](const Tensor& a, const Tensor& b) { return a >= b; });
}

Running cummin(const Tensor& x, std::int64_t dim) {
  return running("cummin", x, dim, [](const Tensor& a, const Tensor& b) { return a <= b; });
}

Tensor logcumsumexp(const Tensor& x, std::int64_t dim) {
  check_dtype("logcumsumexp", x, kFloating);
  if (is_half(x)) {
    return in_f32(
        "logcumsumexp", [&](const Tensor& y) { return logcumsumexp(y, dim); }, x);
  }
  const int d = wrap_dim("logcumsumexp", dim, x.dim());
  const std::int64_t n = line_length(x, d);
  Tensor sums = x.clone();
  for (std::int64_t step = 1; step < n; step *= 2) {
    const Tensor longer = logaddexp(narrow(sums, d, step, n - step), narrow(sums, d, 0, n - step));
    sums = cat({narrow(sums, d, 0, step), longer}, d);
  }
  return sums;
}

}  // namespace reel
