// Losses of distances and angles between embeddings, and of rankings.

#include <algorithm>
#include <limits>

#include <reel/ops/activation.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/comparison.h>
#include <reel/ops/distance.h>
#include <reel/ops/internal/in_f32.h>
#include <reel/ops/internal/loss.h>
#include <reel/ops/margin_loss.h>
#include <reel/ops/pointwise.h>

namespace reel {
using namespace detail;
namespace {

/// Where the target is 1 the first, where it is -1 the second loss.
Tensor by_target(const Tensor& target, const Tensor& alike, const Tensor& different) {
  return masked_fill(alike, target == -1, 0) + masked_fill(different, target == 1, 0);
}

/// Three tensors of samples of one shape and dtype.
void check_triplet(std::string_view op, const Tensor& anchor, const Tensor& positive, const Tensor& negative) {
  check_dtype(op, anchor, kFloating);
  for (const Tensor* x : {&positive, &negative}) {
    check_defined(op, *x, x == &positive ? "the positive" : "the negative");
    check<ShapeError>(x->shape() == anchor.shape(), "{}: expected samples of the anchor's shape {}, got {}", op,
                      anchor.shape(), x->shape());
    check_same_dtype(op, anchor, *x);
    check_same_device(op, anchor, *x);
  }
}

template <class Distance> Tensor triplet_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                              double margin, bool swap, Reduction reduction, Distance&& distance) {
  Tensor away = distance(anchor, negative);
  if (swap) away = minimum(away, distance(positive, negative));
  return reduce_loss(clamp(distance(anchor, positive) - away + margin, 0), reduction);
}

}  // namespace

Tensor hinge_embedding_loss(const Tensor& x, const Tensor& target, const HingeEmbeddingLossOptions& options) {
  check_same_shape("hinge_embedding_loss", x, target);
  check_dtype("hinge_embedding_loss", x, kFloating);
  check_option("hinge_embedding_loss", "margin", options.margin, kFinite);
  if (is_half(x)) {
    return in_f32(
        "hinge_embedding_loss", [&](const Tensor& a, const Tensor& t) { return hinge_embedding_loss(a, t, options); },
        x, target);
  }
  return reduce_loss(by_target(target, x, clamp(options.margin - x, 0)), options.reduction);
}

Tensor margin_ranking_loss(const Tensor& a, const Tensor& b, const Tensor& target, const MarginLossOptions& options) {
  check_same_shape("margin_ranking_loss", a, b);
  check_same_shape("margin_ranking_loss", a, target);
  check_dtype("margin_ranking_loss", a, kFloating);
  check_option("margin_ranking_loss", "margin", options.margin, kFinite);
  if (is_half(a)) {
    const auto loss = [&](const Tensor& x, const Tensor& y, const Tensor& t) {
      return margin_ranking_loss(x, y, t, options);
    };
    return in_f32("margin_ranking_loss", loss, a, b, target);
  }
  return reduce_loss(clamp(target * (b - a) + options.margin, 0), options.reduction);
}

Tensor soft_margin_loss(const Tensor& x, const Tensor& target, Reduction reduction) {
  check_same_shape("soft_margin_loss", x, target);
  check_dtype("soft_margin_loss", x, kFloating);
  if (is_half(x)) {
    return in_f32(
        "soft_margin_loss", [&](const Tensor& a, const Tensor& t) { return soft_margin_loss(a, t, reduction); }, x,
        target);
  }
  return reduce_loss(softplus(-(target * x), 1, std::numeric_limits<double>::infinity()), reduction);
}

Tensor cosine_embedding_loss(const Tensor& a, const Tensor& b, const Tensor& target, const MarginLossOptions& options) {
  constexpr std::string_view op = "cosine_embedding_loss";
  check_dtype(op, a, kFloating);
  check<ShapeError>(a.dim() == 1 || a.dim() == 2, "{}: expected vectors of shape [N, D] or [D], got {}", op, a.shape());
  check_defined(op, b, "the second input");
  check<ShapeError>(a.shape() == b.shape(), "{}: expected inputs of one shape, got {} and {}", op, a.shape(),
                    b.shape());
  check_same_dtype(op, a, b);
  check_same_device(op, a, b);
  check_defined(op, target, "the target");
  Shape samples = a.shape();
  samples.erase(samples.size() - 1);
  check<ShapeError>(target.shape() == samples, "{}: expected targets of shape {} for {}, got {}", op, samples,
                    a.shape(), target.shape());
  check_same_dtype(op, a, target);
  check_same_device(op, a, target);
  check_option(op, "margin", options.margin, {-1, 1});
  if (is_half(a)) {
    const auto loss = [&](const Tensor& x, const Tensor& y, const Tensor& t) {
      return cosine_embedding_loss(x, y, t, options);
    };
    return in_f32(op, loss, a, b, target);
  }
  const Tensor cosine = cosine_similarity(a, b, -1, 1e-6);  // at 0 the gradient has PyTorch's size
  return reduce_loss(by_target(target, 1 - cosine, clamp(cosine - options.margin, 0)), options.reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           const TripletMarginLossOptions& options) {
  constexpr std::string_view op = "triplet_margin_loss";
  check_triplet(op, anchor, positive, negative);
  check_option(op, "margin", options.margin, kFinite);
  check_option(op, "p", options.p, kNotNan);
  check_option(op, "eps", options.eps, kFiniteAtLeastZero);
  if (is_half(anchor)) {
    const auto loss = [&](const auto&... samples) { return triplet_margin_loss(samples..., options); };
    return in_f32(op, loss, anchor, positive, negative);
  }
  return triplet_loss(
      anchor, positive, negative, options.margin, options.swap, options.reduction,
      [&](const Tensor& a, const Tensor& b) { return pairwise_distance(a, b, options.p, options.eps); });
}

Tensor triplet_margin_with_distance_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                                         const TripletMarginWithDistanceLossOptions& options) {
  constexpr std::string_view op = "triplet_margin_with_distance_loss";
  check_triplet(op, anchor, positive, negative);
  check_option(op, "margin", options.margin, kFinite);
  if (is_half(anchor)) {
    const auto loss = [&](const auto&... samples) { return triplet_margin_with_distance_loss(samples..., options); };
    return in_f32(op, loss, anchor, positive, negative);
  }
  const auto distance = [&](const Tensor& a, const Tensor& b) {
    return options.distance_function ? options.distance_function(a, b) : pairwise_distance(a, b);
  };
  return triplet_loss(anchor, positive, negative, options.margin, options.swap, options.reduction, distance);
}

}  // namespace reel
