// Connectionist temporal classification.

#include <reel/ops/ctc_loss.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include <reel/autograd/tape/op.h>
#include <reel/kernels/ctc.h>
#include <reel/kernels/range_check.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/ctc_recorded.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

constexpr std::string_view kName = "ctc_loss";
using Lengths = std::vector<std::int64_t>;

/// The losses of all samples, from labels [N, L] and lengths [N] of dtype i64 on the device of log_probs [T, N, C].
struct CtcLoss {
  static constexpr std::string_view name = kName;
  std::int64_t blank;

  kernels::CtcArgs args(const Tensor& x, const Tensor& labels, const Tensor& inputs, const Tensor& targets) const {
    return {.dtype = x.dtype(),
            .log_probs = x.data(),
            .labels = labels.data_ptr<std::int64_t>(),
            .input_lengths = inputs.data_ptr<std::int64_t>(),
            .target_lengths = targets.data_ptr<std::int64_t>(),
            .steps = x.size(0),
            .batch = x.size(1),
            .classes = x.size(2),
            .longest = labels.size(1),
            .blank = blank};
  }

  Tensor forward(Context& ctx, const Tensor& log_probs, const Tensor& labels, const Tensor& inputs,
                 const Tensor& targets) const {
    for (const Tensor* x : {&log_probs, &labels, &inputs, &targets}) ctx.save(*x);
    const Tensor x = log_probs.contiguous(), losses = empty({x.size(1)}, {.dtype = x.dtype(), .device = x.device()});
    const kernels::CtcArgs common = args(x, labels, inputs, targets);
    const Tensor alphas =
        empty({common.batch, common.steps, common.places()}, {.dtype = DType::f64, .device = x.device()});
    kernels::ctc_loss[x.device()]({common, alphas.data_ptr<double>(), losses.data()});
    ctx.save(alphas);
    return losses;
  }
  Grads<4> backward(const Context& ctx, const Tensor& grad) const {
    const Tensor log_probs = ctx.saved(0), labels = ctx.saved(1), inputs = ctx.saved(2), targets = ctx.saved(3);
    if (GradMode::enabled()) return {recorded_ctc_grad(grad, log_probs, labels, inputs, targets, blank)};
    const Tensor x = log_probs.contiguous(), g = grad.contiguous(), out = empty(x.shape(), x.options());
    kernels::ctc_loss_grad[x.device()](
        {args(x, labels, inputs, targets), ctx.saved(4).data_ptr<double>(), g.data(), out.data()});
    return {out};
  }
};

/// The lengths of the samples, each in [0, most].
Lengths checked_lengths(std::string_view what, const Tensor& lengths, const Tensor& log_probs, std::int64_t most) {
  check_defined(kName, lengths, what);
  const Tensor values = as_i64(kName, what, lengths);
  if (!lengths.device().is_cpu()) check_same_device(kName, lengths, log_probs);
  const bool batched = log_probs.dim() == 3;
  check<ShapeError>(batched ? lengths.shape() == Shape{log_probs.size(1)} : lengths.numel() == 1,
                    "{}: expected {}, one for each sample of {}, got shape {}", kName, what, log_probs.shape(),
                    lengths.shape());
  Lengths result = values.to_vector<std::int64_t>();
  for (const std::int64_t n : result) {
    check<ValueError>(n >= 0 && n <= most, "{}: expected {} in [0, {}], got {}", kName, what, most, n);
  }
  return result;
}

/// [N, longest] of the targets [N, S], or of all samples' one after the other, with the blank after a sample's own.
Tensor padded_labels(const Tensor& targets, const Lengths& lengths, std::int64_t longest, std::int64_t blank,
                     std::int64_t classes) {
  const auto n = static_cast<std::int64_t>(lengths.size());
  std::vector<std::int64_t> places;  // in the flattened targets; -1 after a sample's own
  std::int64_t start = 0;
  for (const std::int64_t length : lengths) {
    for (std::int64_t i = 0; i < longest; ++i) places.push_back(i < length ? start + i : -1);
    start += targets.dim() == 2 ? targets.size(1) : length;
  }
  const Tensor index = tensor(places, {n, longest}).to(targets.device());
  if (targets.numel() == 0) return full({n, longest}, blank, {.dtype = DType::i64, .device = targets.device()});
  const Tensor flat = reshape(targets, -1);
  const Tensor own = index_select(flat, 0, reshape(clamp(index, 0), -1)).view({n, longest});
  const Tensor labels = masked_fill(own, index < 0, blank).contiguous();
  kernels::range_check[labels.device()](
      {.check = {.op = kName, .kind = kernels::RangeCheck::Kind::label, .size = classes},
       .dtype = DType::i64,
       .data = labels.data(),
       .n = labels.numel(),
       .low = 0,
       .high = classes - 1});
  return clamp(labels, 0, classes - 1);  // a GPU tells of wrong labels later
}

/// The targets as i64, after checks of device and shape.
Tensor checked_targets(const Tensor& log_probs, const Tensor& targets) {
  check_defined(kName, targets, "the targets");
  const Tensor labels = as_i64(kName, "class labels", targets);
  check_same_device(kName, log_probs, targets);
  const bool fits =
      targets.dim() == 1 || (targets.dim() == 2 && log_probs.dim() == 3 && targets.size(0) == log_probs.size(1));
  check<ShapeError>(fits, "{}: expected targets of shape [N, S] or [sum of lengths] for log_probs {}, got {}", kName,
                    log_probs.shape(), targets.shape());
  return labels.contiguous();
}

}  // namespace

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CtcLossOptions& options) {
  check_dtype(kName, log_probs, kFloating);
  check<ShapeError>(log_probs.dim() == 2 || log_probs.dim() == 3,
                    "{}: expected log_probs of shape [T, N, C] or [T, C], got {}", kName, log_probs.shape());
  const bool batched = log_probs.dim() == 3;
  const std::int64_t classes = log_probs.shape().back();
  check<ValueError>(options.blank >= 0 && options.blank < classes, "{}: expected blank in [0, {}), got {}", kName,
                    classes, options.blank);
  const Tensor own = checked_targets(log_probs, targets);
  const Lengths inputs = checked_lengths("input_lengths", input_lengths, log_probs, log_probs.size(0));
  const Lengths counts = checked_lengths("target_lengths", target_lengths, log_probs, own.shape().back());
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  check<ShapeError>(own.dim() == 2 || !batched || own.numel() == total,
                    "{}: expected as many targets as the target_lengths count, {}, got {}", kName, total, own.numel());
  const std::int64_t longest = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());

  if (is_half(log_probs)) {
    const auto loss = [&](const Tensor& x) { return ctc_loss(x, targets, input_lengths, target_lengths, options); };
    return in_f32(kName, loss, log_probs);
  }
  const Device device = log_probs.device();
  const Tensor lengths = tensor(counts).to(device);
  Tensor losses =
      apply(CtcLoss{options.blank}, batched ? log_probs : unsqueeze(log_probs, 1),
            padded_labels(own, counts, longest, options.blank, classes), tensor(inputs).to(device), lengths);
  if (options.zero_infinity) losses = masked_fill(losses, losses == std::numeric_limits<double>::infinity(), 0);
  if (options.reduction == Reduction::mean) losses = losses / clamp(lengths, 1).to(losses.dtype());
  if (!batched) losses = squeeze(losses, 0);
  return reduce_loss(losses, options.reduction);
}

}  // namespace reel
