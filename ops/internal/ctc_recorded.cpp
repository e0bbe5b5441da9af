// The gradient of ctc_loss, step by step from recorded operations. kernels/ctc.h says what the places are.

#include <reel/ops/internal/ctc_recorded.h>

#include <limits>

#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel::detail {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();  // the logarithm of 0

/// The places of all samples, [N, S].
struct Places {
  Tensor classes, has_jump, is_end, is_own;

  Places(const Tensor& labels, const Tensor& target_lengths, std::int64_t blank) {
    const std::int64_t n = labels.size(0), longest = labels.size(1), s = 2 * longest + 1;
    const Tensor blanks = full({n, longest, 1}, blank, {.dtype = DType::i64, .device = labels.device()});
    const Tensor pairs = reshape(cat({blanks, unsqueeze(labels, 2)}, 2), {n, 2 * longest});
    classes = pad(pairs, {0, 1}, PadMode::constant, blank);
    const Tensor place = arange(s, {.dtype = DType::i64, .device = labels.device()});
    const Tensor end = unsqueeze(target_lengths, 1) * 2;
    is_own = place <= end;
    is_end = (place <= end) & (place >= end - 1);
    has_jump = (classes != shifted(classes, 2, blank)) & (place % 2 == 1) & (place > 1);
  }

  /// x [N, S] moved up by k places, or down by -k, with `value` where nothing comes.
  static Tensor shifted(const Tensor& x, std::int64_t k, Scalar value) {
    const std::int64_t s = x.size(1), kept = std::max<std::int64_t>(s - std::abs(k), 0), lost = s - kept;
    return k > 0 ? pad(narrow(x, 1, 0, kept), {lost, 0}, PadMode::constant, value)
                 : pad(narrow(x, 1, lost, kept), {0, lost}, PadMode::constant, value);
  }
};

Tensor log_sum(const Tensor& a, const Tensor& b, const Tensor& c) { return logsumexp(stack({a, b, c}), {0}); }

/// What lets paths be at each place after its draw, for each step.
Tensors walk_forward(const Places& places, const Tensors& draws, const Tensor& input_lengths) {
  const Tensor first = arange(places.classes.size(1), {.dtype = DType::i64, .device = input_lengths.device()}) < 2;
  Tensors alphas;
  for (std::size_t t = 0; t < draws.size(); ++t) {
    if (t == 0) {
      alphas.push_back(where(first, draws[0], kNever));
      continue;
    }
    const Tensor& before = alphas.back();
    const Tensor jump = where(places.has_jump, Places::shifted(before, 2, kNever), kNever);
    const Tensor reached = log_sum(before, Places::shifted(before, 1, kNever), jump) + draws[t];
    const Tensor goes_on = unsqueeze(input_lengths > static_cast<std::int64_t>(t), 1);
    alphas.push_back(where(goes_on, reached, before));
  }
  return alphas;
}

/// What follows from each place on after its draw, for each step.
Tensors walk_backward(const Places& places, const Tensors& draws, const Tensor& input_lengths) {
  const Tensor end = where(places.is_end, zeros_like(draws[0].detach()), kNever);
  Tensors betas(draws.size());
  for (std::size_t t = draws.size(); t-- > 0;) {
    if (t + 1 == draws.size()) {
      betas[t] = end;
      continue;
    }
    const Tensor later = betas[t + 1] + draws[t + 1];
    const Tensor jump = Places::shifted(where(places.has_jump, later, kNever), -2, kNever);
    const Tensor left = log_sum(later, Places::shifted(later, -1, kNever), jump);
    const Tensor goes_on = unsqueeze(input_lengths > static_cast<std::int64_t>(t + 1), 1);
    betas[t] = where(goes_on, left, end);
  }
  return betas;
}

}  // namespace

Tensor recorded_ctc_grad(const Tensor& grad, const Tensor& log_probs, const Tensor& labels, const Tensor& input_lengths,
                         const Tensor& target_lengths, std::int64_t blank) {
  const std::int64_t steps = log_probs.size(0);
  if (log_probs.numel() == 0) return log_probs * reshape(sum(grad), {});
  const Places places(labels, target_lengths, blank);
  const Tensor index = places.classes.expand({steps, places.classes.size(0), places.classes.size(1)});
  const Tensors draws = unbind(where(places.is_own, gather(log_probs, 2, index), kNever));
  const Tensors alphas = walk_forward(places, draws, input_lengths);
  const Tensors betas = walk_backward(places, draws, input_lengths);
  Tensor losses = -logsumexp(where(places.is_end, alphas.back(), kNever), {1}, true);
  const Tensor upstream = unsqueeze(grad, 1);
  losses = masked_fill(losses, isinf(losses) & (upstream == 0), 0);  // no gradient: 0, not NaN
  Tensors shares;
  for (std::size_t t = 0; t < draws.size(); ++t) {
    const Tensor counts = unsqueeze(input_lengths > static_cast<std::int64_t>(t), 1);
    shares.push_back(where(counts, exp(alphas[t] + betas[t] + losses) * -upstream, 0));
  }
  return scatter_add(zeros_like(log_probs.detach()), 2, index, stack(shares));
}

}  // namespace reel::detail
