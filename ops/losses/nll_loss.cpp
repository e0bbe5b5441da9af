// nll_loss: picks the log-probability of each label; the gradient puts it back in its place.

#include <reel/autograd/tape/op.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/class_labels.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/loss.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

Tensor place_labels(const Tensor& grad, const Tensor& target, const Tensor& scale, const Shape& shape,
                    const Strides& strides, std::int64_t ignore_index);

/// -scale * log_probs[label] of each sample; linear in log_probs.
struct PickLabel {
  static constexpr std::string_view name = "nll_loss";
  std::int64_t ignore_index;
  Shape shape;
  Strides strides;

  Tensor forward(Context& ctx, const Tensor& log_probs, const Tensor& target, const Tensor& scale) const {
    const LabelledBlock in(log_probs, target, ignore_index);
    const Tensor out = empty(target.shape(), log_probs.options());
    kernels::pick_label[out.device()](
        {.block = in.block, .scale = scale.data(), .from = in.data.data(), .to = out.data()});
    ctx.save(target);
    ctx.save(scale);
    return out;
  }
  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {place_labels(grad, ctx.saved(0), ctx.saved(1), shape, strides, ignore_index)};
  }
};

Tensor pick_labels(const Tensor& log_probs, const Tensor& target, const Tensor& scale, std::int64_t ignore_index) {
  return apply(PickLabel{ignore_index, log_probs.shape(), log_probs.strides()}, log_probs, target, scale);
}

/// The transpose: -scale * grad at each sample's label, 0 elsewhere.
struct PlaceLabel {
  static constexpr std::string_view name = "nll_loss_grad";
  std::int64_t ignore_index;
  Shape shape;
  Strides strides;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& target, const Tensor& scale) const {
    const LabelledBlock out(empty_strided(shape, strides, grad.dtype(), grad.device()), target, ignore_index);
    const Tensor g = grad.contiguous();
    kernels::place_label[g.device()](
        {.block = out.block, .scale = scale.data(), .from = g.data(), .to = out.data.data()});
    ctx.save(target);
    ctx.save(scale);
    return out.data;
  }
  Grads<3> backward(const Context& ctx, const Tensor& upstream) const {
    return {pick_labels(upstream, ctx.saved(0), ctx.saved(1), ignore_index)};
  }
};

Tensor place_labels(const Tensor& grad, const Tensor& target, const Tensor& scale, const Shape& shape,
                    const Strides& strides, std::int64_t ignore_index) {
  return apply(PlaceLabel{ignore_index, shape, dense_strides(shape, strides)}, grad, target, scale);
}

}  // namespace

Tensor nll_loss(const Tensor& log_probs, const Tensor& target, const NllLossOptions& options) {
  check_dtype("nll_loss", log_probs, kFloating);
  if (is_half(log_probs)) {
    const auto loss = [&](const Tensor& x, const Tensor& weight) {
      return nll_loss(x, target, {weight, options.ignore_index, options.reduction});
    };
    return in_f32("nll_loss", loss, log_probs, options.weight);
  }
  Tensor labels = checked_labels("nll_loss", log_probs, target, options.weight, options.ignore_index);
  const bool vector = log_probs.dim() == 1;
  const Tensor x = vector ? unsqueeze(log_probs, 0) : log_probs;
  if (vector) labels = unsqueeze(labels, 0);
  const Tensor weights = label_weights(x, labels, options.weight, options.ignore_index);
  const Tensor losses = pick_labels(x, labels, weights, options.ignore_index);
  if (options.reduction == Reduction::none) return vector ? squeeze(losses, 0) : losses;
  return reduce_weighted(losses, weights, options.reduction);
}

}  // namespace reel
