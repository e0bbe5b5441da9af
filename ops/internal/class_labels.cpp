// Checks and weights of class labels, and the view of logits that label kernels take.

#include <reel/ops/internal/class_labels.h>

#include <reel/kernels/range_check.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/internal/checks.h>
#include <reel/ops/internal/layout.h>
#include <reel/ops/reduction.h>

namespace reel::detail {
namespace {

/// Whether all dimensions but `dim` lie in memory in their own order.
bool keeps_order(const Tensor& x, int dim) {
  std::int64_t last = INT64_MAX;
  for (int d = 0; d < x.dim(); ++d) {
    if (d == dim || x.shape()[d] == 1) continue;
    if (x.strides()[d] > last) return false;
    last = x.strides()[d];
  }
  return true;
}

}  // namespace

LabelledBlock::LabelledBlock(const Tensor& x, const Tensor& target, std::int64_t ignore_index)
    : labels(target.contiguous()) {
  const DimBlock along(keeps_order(x, 1) ? x : x.contiguous(), 1);
  data = along.data;
  block = {.dtype = x.dtype(),
           .labels = labels.data_ptr<std::int64_t>(),
           .outer = along.outer,
           .classes = along.n,
           .inner = along.inner,
           .ignore_index = ignore_index};
}

Tensor checked_labels(std::string_view op, const Tensor& x, const Tensor& target, const Tensor& weight,
                      std::int64_t ignore_index) {
  check<ShapeError>(x.dim() > 0, "{}: expected one value for each class, got a tensor of rank 0", op);
  check_defined(op, target, "the target");
  const Tensor labels = as_i64(op, "class labels", target).contiguous();
  check_same_device(op, x, target);
  Shape samples = x.shape();
  samples.erase(x.dim() == 1 ? 0 : 1);
  check<ShapeError>(target.shape() == samples, "{}: expected labels of shape {} for {}, got {}", op, samples, x.shape(),
                    target.shape());
  const std::int64_t classes = x.dim() == 1 ? x.shape()[0] : x.shape()[1];
  check<ShapeError>(classes > 0 || target.numel() == 0, "{}: expected at least one class for {} samples, got none", op,
                    target.numel());
  if (weight.defined()) {
    check<ShapeError>(weight.shape() == Shape{classes}, "{}: expected a weight for each of {} classes, got shape {}",
                      op, classes, weight.shape());
    check_same_dtype(op, weight, x);
    check_same_device(op, weight, x);
  }
  kernels::range_check[x.device()]({.check = {.op = op, .kind = kernels::RangeCheck::Kind::label, .size = classes},
                                    .dtype = DType::i64,
                                    .data = labels.data(),
                                    .n = labels.numel(),
                                    .low = 0,
                                    .high = classes - 1,
                                    .ignored = ignore_index});
  return labels;
}

Tensor label_weights(const Tensor& x, const Tensor& labels, const Tensor& weight, std::int64_t ignore_index,
                     double scale, double shift) {
  const Tensor target = labels.contiguous();
  const Tensor out = empty(labels.shape(), x.options());
  const Tensor w = weight.defined() ? weight.detach().contiguous() : weight;
  kernels::label_weights[x.device()]({.dtype = x.dtype(),
                                      .labels = target.data_ptr<std::int64_t>(),
                                      .weight = data_or_null(w),
                                      .out = out.data(),
                                      .count = labels.numel(),
                                      .classes = x.shape()[x.dim() == 1 ? 0 : 1],
                                      .ignore_index = ignore_index,
                                      .scale = scale,
                                      .shift = shift});
  return out;
}

Tensor reduce_weighted(const Tensor& losses, const Tensor& weights, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::mean ? sum(losses) / sum(weights) : sum(losses);
}

}  // namespace reel::detail
