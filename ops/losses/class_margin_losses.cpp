// Losses of class scores with margins: multi_margin_loss, multilabel_margin_loss, multilabel_soft_margin_loss.

#include <reel/kernels/range_check.h>
#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/factories.h>
#include <reel/ops/indexing.h>
#include <reel/ops/internal/class_labels.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/loss.h>
#include <reel/ops/margin_loss.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>

namespace reel {
using namespace detail;
namespace {

/// Scores [N, C], or [C] of one sample, as [N, C].
Tensor score_rows(std::string_view op, const Tensor& x) {
  check_dtype(op, x, kFloating);
  check<ShapeError>(x.dim() == 1 || x.dim() == 2, "{}: expected scores of shape [N, C] or [C], got {}", op, x.shape());
  check<ShapeError>(x.shape().back() > 0, "{}: expected at least one class, got shape {}", op, x.shape());
  return x.dim() == 2 ? x : unsqueeze(x, 0);
}

/// The losses of the samples [N], without a dimension for scores [C].
Tensor reduce_samples(const Tensor& losses, const Tensor& x, Reduction reduction) {
  return reduce_loss(x.dim() == 2 ? losses : squeeze(losses, 0), reduction);
}

}  // namespace

Tensor multi_margin_loss(const Tensor& x, const Tensor& target, const MultiMarginLossOptions& options) {
  constexpr std::string_view op = "multi_margin_loss";
  const Tensor scores = score_rows(op, x);
  check<ValueError>(options.p == 1 || options.p == 2, "{}: expected p to be 1 or 2, got {}", op, options.p);
  check_option(op, "margin", options.margin, kFinite);
  const Tensor labels = checked_labels(op, x, target, options.weight, INT64_MIN).view({scores.size(0), 1});
  if (is_half(x)) {
    const auto loss = [&](const Tensor& y, const Tensor& weight) {
      MultiMarginLossOptions wide = options;
      wide.weight = weight;
      return multi_margin_loss(y, target, wide);
    };
    return in_f32(op, loss, x, options.weight);
  }
  const Tensor classes = arange(scores.size(1), {.dtype = DType::i64, .device = x.device()});
  const Tensor differences = scores - gather(scores, 1, labels) + options.margin;
  const Tensor shortfalls = masked_fill(relu(differences), classes == labels, 0);
  Tensor losses = sum(options.p == 1 ? shortfalls : square(shortfalls), 1) / scores.size(1);
  if (options.weight.defined()) losses = losses * index_select(options.weight, 0, reshape(labels, -1));
  return reduce_samples(losses, x, options.reduction);
}

Tensor multilabel_margin_loss(const Tensor& x, const Tensor& target, Reduction reduction) {
  constexpr std::string_view op = "multilabel_margin_loss";
  const Tensor scores = score_rows(op, x);
  check_defined(op, target, "the target");
  const Tensor given = as_i64(op, "class labels", target);
  check_same_device(op, x, target);
  check<ShapeError>(target.shape() == x.shape(), "{}: expected labels of shape {}, got {}", op, x.shape(),
                    target.shape());
  if (is_half(x)) {
    return in_f32(
        op, [&](const Tensor& y) { return multilabel_margin_loss(y, target, reduction); }, x);
  }
  const std::int64_t classes = scores.size(1);
  const Tensor labels = reshape(given, scores.shape()).contiguous();
  kernels::range_check[x.device()]({.check = {.op = op, .kind = kernels::RangeCheck::Kind::label, .size = classes},
                                    .dtype = DType::i64,
                                    .data = labels.data(),
                                    .n = labels.numel(),
                                    .low = -1,
                                    .high = classes - 1});
  // Labels count up to the first -1. Where they do not count, class 0 stands in.
  const Tensor counts = cumprod(labels >= 0, 1) > 0, own = masked_fill(labels, logical_not(counts), 0);
  const Tensor is_own =
      scatter_add(zeros(scores.shape(), DType::i64).to(x.device()), 1, own, counts.to(DType::i64)) > 0;
  const Tensor missing = relu(unsqueeze(scores, 1) - unsqueeze(gather(scores, 1, own), 2) + 1);  // [N, label, class]
  const Tensor ignored = logical_or(logical_not(unsqueeze(counts, 2)), unsqueeze(is_own, 1));
  return reduce_samples(sum(masked_fill(missing, ignored, 0), {1, 2}) / classes, x, reduction);
}

Tensor multilabel_soft_margin_loss(const Tensor& x, const Tensor& target,
                                   const MultilabelSoftMarginLossOptions& options) {
  constexpr std::string_view op = "multilabel_soft_margin_loss";
  check_same_shape(op, x, target);
  check_dtype(op, x, kFloating);
  check<ShapeError>(x.dim() > 0, "{}: expected a dimension of classes, got rank 0", op);
  if (options.weight.defined()) {
    check_same_dtype(op, x, options.weight);
    check_same_device(op, x, options.weight);
    check<ShapeError>(options.weight.shape() == Shape{x.shape().back()},
                      "{}: expected a weight for each of {} classes, got shape {}", op, x.shape().back(),
                      options.weight.shape());
  }
  if (is_half(x)) {
    const auto loss = [&](const Tensor& y, const Tensor& t, const Tensor& weight) {
      return multilabel_soft_margin_loss(y, t, {.weight = weight, .reduction = options.reduction});
    };
    return in_f32(op, loss, x, target, options.weight);
  }
  const Tensor losses =
      binary_cross_entropy_with_logits(x, target, {.weight = options.weight, .reduction = Reduction::none});
  return reduce_loss(mean(losses, -1), options.reduction);
}

}  // namespace reel
