// cross_entropy: fused with the softmax for class labels, a composition of operations for probabilities.

#include <reel/autograd/tape/op.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/class_labels.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

void* row(const Tensor& matrix, std::int64_t i) {
  return make_view(matrix, {matrix.shape()[1]}, {1}, i * matrix.shape()[1]).data();
}

/// The gradient of each sample's loss. `stats` holds the largest logit of each sample, then the sums of exponentials;
/// backward differentiates through them, as functions of the logits.
struct CrossEntropyGrad {
  static constexpr std::string_view name = "cross_entropy_grad";
  std::int64_t ignore_index;
  double smoothing;

  Tensor forward(Context& ctx, const Tensor& grad, const Tensor& x, const Tensor& target, const Tensor& weight,
                 const Tensor& stats) const {
    for (const Tensor* t : {&grad, &x, &target, &weight, &stats}) ctx.save(*t);
    const LabelledBlock in(x, target, ignore_index);
    const Tensor out = empty_like(in.data), g = grad.contiguous();
    kernels::cross_entropy_grad[x.device()]({.block = in.block,
                                             .smoothing = smoothing,
                                             .x = in.data.data(),
                                             .weight = data_or_null(weight),
                                             .max = row(stats, 0),
                                             .sum_exp = row(stats, 1),
                                             .grad = g.data(),
                                             .grad_x = out.data()});
    return out;
  }

  Grads<5> backward(const Context& ctx, const Tensor& upstream) const {
    const Tensor grad = ctx.saved(0), x = ctx.saved(1), target = ctx.saved(2), weight = ctx.saved(3);
    Tensor to_grad, to_x;
    if (ctx.needs_grad(0)) {
      const Tensor unit = apply(CrossEntropyGrad{*this}, ones_like(grad), x, target, weight, ctx.saved(4));
      to_grad = sum(upstream * unit, {1});
    }
    if (ctx.needs_grad(1)) {
      // The gradient is a * p + constant, where a is the sum of the coefficients of one sample.
      const auto classes = static_cast<double>(x.shape()[1]);
      const double total = smoothing == 0 ? 0 : weight.defined() ? sum(weight.detach()).item() : classes;
      const Tensor a = label_weights(x, target, weight, ignore_index, 1 - smoothing, smoothing / classes * total);
      const Tensor p = softmax(x, 1);
      to_x = unsqueeze(grad * a, 1) * p * (upstream - sum(upstream * p, {1}, true));
    }
    return {to_grad, to_x};
  }
};

/// The loss of each sample: logits [N, C, ...], labels [N, ...], weight [C] or undefined.
struct CrossEntropy {
  static constexpr std::string_view name = "cross_entropy";
  std::int64_t ignore_index;
  double smoothing;

  Tensor forward(Context& ctx, const Tensor& x, const Tensor& target, const Tensor& weight) const {
    const LabelledBlock in(x, target, ignore_index);
    const TensorOptions options = x.options();
    const Tensor loss = empty(target.shape(), options), stats = empty({2, target.numel()}, options);
    kernels::cross_entropy[x.device()]({.block = in.block,
                                        .smoothing = smoothing,
                                        .x = in.data.data(),
                                        .weight = data_or_null(weight),
                                        .loss = loss.data(),
                                        .max = row(stats, 0),
                                        .sum_exp = row(stats, 1)});
    for (const Tensor* t : {&x, &target, &weight, &stats}) ctx.save(*t);
    return loss;
  }

  Grads<3> backward(const Context& ctx, const Tensor& grad) const {
    return {
        apply(CrossEntropyGrad{ignore_index, smoothing}, grad, ctx.saved(0), ctx.saved(1), ctx.saved(2), ctx.saved(3))};
  }
};

void check_smoothing(double smoothing) { check_option("cross_entropy", "label_smoothing", smoothing, kZeroToOne); }

/// For targets that are distributions over the classes: -sum_c w[c] t[c] log p[c].
Tensor with_probabilities(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  check_same_shape("cross_entropy", logits, target);
  check<ShapeError>(logits.dim() > 0, "cross_entropy: expected one value for each class, got a tensor of rank 0");
  const int dim = logits.dim() == 1 ? 0 : 1;
  const std::int64_t classes = logits.shape()[dim];
  Tensor t = target;
  if (options.label_smoothing > 0) {
    t = t * (1 - options.label_smoothing) + options.label_smoothing / static_cast<double>(classes);
  }
  if (options.weight.defined()) {
    check_same_dtype("cross_entropy", logits, options.weight);
    check_same_device("cross_entropy", logits, options.weight);
    check<ShapeError>(options.weight.shape() == Shape{classes},
                      "cross_entropy: expected a weight for each of {} classes, got shape {}", classes,
                      options.weight.shape());
    Shape shape = Dims::filled(logits.dim(), 1);
    shape[dim] = classes;
    t = t * reshape(options.weight.detach(), shape);
  }
  const Tensor terms = weigh(t, log_softmax(logits, dim));
  if (options.reduction == Reduction::none) return -sum(terms, {dim});
  if (options.reduction == Reduction::sum) return -sum(terms);
  return sum(terms) / (-static_cast<double>(logits.numel()) / static_cast<double>(classes));
}

}  // namespace

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const CrossEntropyOptions& options) {
  check_dtype("cross_entropy", logits, kFloating);
  check_smoothing(options.label_smoothing);
  check_defined("cross_entropy", target, "the target");
  check<DTypeError>(!is_floating(target.dtype()) || target.dim() == logits.dim(),
                    "cross_entropy: expected labels of dtype i64 or probabilities of shape {}, got {} of shape {}; "
                    "convert labels with .to(DType::i64)",
                    logits.shape(), target.dtype(), target.shape());
  if (is_half(logits)) {
    const auto loss = [&](const Tensor& x, const Tensor& t, const Tensor& weight) {
      return cross_entropy(x, t, {weight, options.ignore_index, options.reduction, options.label_smoothing});
    };
    return in_f32("cross_entropy", loss, logits, target, options.weight);
  }
  if (is_floating(target.dtype())) return with_probabilities(logits, target, options);
  Tensor labels = checked_labels("cross_entropy", logits, target, options.weight, options.ignore_index);
  const bool vector = logits.dim() == 1;
  const Tensor x = vector ? unsqueeze(logits, 0) : logits;
  if (vector) labels = unsqueeze(labels, 0);
  const Tensor weight = options.weight.defined() ? options.weight.detach().contiguous() : Tensor();
  const Tensor losses = apply(CrossEntropy{options.ignore_index, options.label_smoothing}, x, labels, weight);
  if (options.reduction == Reduction::none) return vector ? squeeze(losses, 0) : losses;
  return reduce_weighted(losses, label_weights(x, labels, weight, options.ignore_index), options.reduction);
}

}  // namespace reel
