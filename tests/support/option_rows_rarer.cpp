// The options of rarer activations, distances, special functions, and losses with margins, and of their layers.

#include <reel/nn/nn.h>
#include <reel/ops/ops.h>

#include "support/option_rows.h"

namespace reel::testing {
namespace {

std::vector<Row> function_rows() {
  const Tensor x = image(), y = ones({2, 2});
  const Doubles all{-kInf, -1, 0, kInf}, finite{-1, 0, 2}, not_finite{kInf, -kInf, kNan};
  const Doubles positive{1e-3, 1, 9}, not_positive{0, -1, kInf, kNan}, not_negative{0, 0.5, 2},
      negative{-1, kInf, kNan};
  const Doubles shares{0, 0.5, 1}, no_shares{-0.1, 1.1, kNan};
  return {
      {"ops/activation_variants.h", "alpha", [=](double v) { celu(x, v); }, positive, not_positive},
      {"ops/activation_variants.h", "lambd", [=](double v) { hardshrink(x, v); }, not_negative, negative},
      {"ops/activation_variants.h", "lambd", [=](double v) { softshrink(x, v); }, not_negative, negative},
      {"ops/activation_variants.h", "threshold", [=](double v) { threshold(x, v, 0); }, all, {kNan}},
      {"ops/activation_variants.h", "value", [=](double v) { threshold(x, 0, v); }, all, {kNan}},
      {"ops/activation_variants.h", "lower", [=](double v) { rrelu(x, v, 1); }, {-1, 0, 1}, not_finite},
      {"ops/activation_variants.h", "upper", [=](double v) { rrelu(x, 0, v, true); }, {0, 1}, {-1, kInf, kNan}},
      {"ops/activation_variants.h", "tau", [=](double v) { gumbel_softmax(x, v); }, positive, not_positive},
      {"ops/alpha_dropout.h", "p", [=](double v) { alpha_dropout(x, v); }, shares, no_shares},
      {"ops/alpha_dropout.h", "p", [=](double v) { feature_alpha_dropout(x, v); }, shares, no_shares},
      {"ops/distance.h", "p", [=](double v) { normalize(x, v); }, {-kInf, 0.5, 2, kInf}, {kNan}},
      {"ops/distance.h", "p", [=](double v) { pairwise_distance(x, x, v); }, {-kInf, 0.5, 2, kInf}, {kNan}},
      {"ops/distance.h", "eps", [=](double v) { normalize(x, 2, 1, v); }, not_negative, negative},
      {"ops/distance.h", "eps", [=](double v) { cosine_similarity(x, x, 1, v); }, not_negative, negative},
      {"ops/distance.h", "eps", [=](double v) { pairwise_distance(x, x, 2, v); }, not_negative, negative},
      {"ops/special.h", "eps", [=](double v) { logit(x, v); }, {0, 0.1, 0.5}, {-0.1, 0.6, kNan}},
      {"ops/regression_loss.h", "delta", [=](double v) { huber_loss(x, x, {.delta = v}); }, positive, not_positive},
      {"ops/regression_loss.h", "eps", [=](double v) { poisson_nll_loss(x, x, {.eps = v}); }, not_negative, negative},
      {"ops/regression_loss.h", "eps", [=](double v) { gaussian_nll_loss(x, x, x, {.eps = v}); }, positive,
       not_positive},
      {"ops/margin_loss.h", "margin", [=](double v) { hinge_embedding_loss(x, x, {.margin = v}); }, finite, not_finite},
      {"ops/margin_loss.h", "margin", [=](double v) { margin_ranking_loss(x, x, x, {.margin = v}); }, finite,
       not_finite},
      {"ops/margin_loss.h",
       "margin",
       [=](double v) { cosine_embedding_loss(y, y, ones({2}), {.margin = v}); },
       {-1, 0, 1},
       {-1.1, 1.1, kNan}},
      {"ops/margin_loss.h", "margin", [=](double v) { triplet_margin_loss(x, x, x, {.margin = v}); }, finite,
       not_finite},
      {"ops/margin_loss.h", "margin", [=](double v) { triplet_margin_with_distance_loss(x, x, x, {.margin = v}); },
       finite, not_finite},
      {"ops/margin_loss.h", "margin",
       [=](double v) {
         multi_margin_loss(y, tensor({0, 1}), {.margin = v});
       },
       finite, not_finite},
      {"ops/margin_loss.h", "p", [=](double v) { triplet_margin_loss(x, x, x, {.p = v}); }, {-kInf, 2, kInf}, {kNan}},
      {"ops/margin_loss.h", "eps", [=](double v) { triplet_margin_loss(x, x, x, {.eps = v}); }, not_negative, negative},
  };
}

std::vector<Row> layer_rows() {
  const Tensor w = ones({3, 3});
  const Doubles all{-kInf, -1, 0, kInf}, finite{-1, 0, 2}, not_finite{kInf, -kInf, kNan};
  const Doubles positive{1e-3, 1, 9}, not_positive{0, -1, kInf, kNan}, not_negative{0, 0.5, 2},
      negative{-1, kInf, kNan};
  const Doubles shares{0, 0.5, 1}, no_shares{-0.1, 1.1, kNan};
  return {
      {"nn/layers/activation_variants.h", "alpha", [](double v) { nn::CELU l(v); }, positive, not_positive},
      {"nn/layers/activation_variants.h", "lambd", [](double v) { nn::Hardshrink l(v); }, not_negative, negative},
      {"nn/layers/activation_variants.h", "lambd", [](double v) { nn::Softshrink l(v); }, not_negative, negative},
      {"nn/layers/activation_variants.h", "threshold", [](double v) { nn::Threshold l(v, 0); }, all, {kNan}},
      {"nn/layers/activation_variants.h", "value", [](double v) { nn::Threshold l(0, v); }, all, {kNan}},
      {"nn/layers/activation_variants.h", "lower", [](double v) { nn::RReLU l(v, 1.0); }, {-1, 0, 1}, not_finite},
      {"nn/layers/activation_variants.h", "upper", [](double v) { nn::RReLU l(0.0, v); }, {0, 1}, {-1, kInf, kNan}},
      {"nn/layers/activation_variants.h", "p", [](double v) { nn::AlphaDropout l(v); }, shares, no_shares},
      {"nn/layers/activation_variants.h", "p", [](double v) { nn::FeatureAlphaDropout l(v); }, shares, no_shares},
      {"nn/init.h", "mean", [=](double v) { nn::init::trunc_normal_(w, v); }, finite, not_finite},
      {"nn/init.h", "std", [=](double v) { nn::init::trunc_normal_(w, 0, v); }, positive, not_positive},
      {"nn/init.h", "a", [=](double v) { nn::init::trunc_normal_(w, 0, 1, v, 3); }, finite, {3, 4, -kInf, kNan}},
      {"nn/init.h", "b", [=](double v) { nn::init::trunc_normal_(w, 0, 1, -3, v); }, finite, {-3, -4, kInf, kNan}},
      {"nn/init.h", "sparsity", [=](double v) { nn::init::sparse_(w, v); }, shares, no_shares},
      {"nn/init.h", "std", [=](double v) { nn::init::sparse_(w, 0.5, v); }, not_negative, negative},
      {"nn/layers/embedding_bag.h", "max_norm", [](double v) { nn::EmbeddingBag l(2, 2, {.max_norm = v}); },
       not_negative, negative},
      {"nn/layers/embedding_bag.h",
       "norm_type",
       [](double v) { nn::EmbeddingBag l(2, 2, {.norm_type = v}); },
       {0.5, 1, kInf},
       {0, -1, kNan}},
      {"ops/normalization.h", "max_norm", [](double v) { nn::Embedding l(2, 2, {.max_norm = v}); }, not_negative,
       negative},
      {"ops/normalization.h",
       "norm_type",
       [](double v) { nn::Embedding l(2, 2, {.norm_type = v}); },
       {0.5, 1, kInf},
       {0, -1, kNan}},
      {"ops/normalization.h", "max_norm", [=](double v) { embedding(tensor({1}), w, {.max_norm = v}); }, not_negative,
       negative},
      {"ops/normalization.h",
       "norm_type",
       [=](double v) { embedding(tensor({1}), w, {.norm_type = v}); },
       {0.5, 1, kInf},
       {0, -1, kNan}},
      {"ops/embedding_bag.h", "max_norm", [=](double v) { embedding_bag(tensor({{1}}), w, {.max_norm = v}); },
       not_negative, negative},
      {"ops/embedding_bag.h",
       "norm_type",
       [=](double v) { embedding_bag(tensor({{1}}), w, {.norm_type = v}); },
       {0.5, 1, kInf},
       {0, -1, kNan}},
      {"nn/layers/distance.h", "eps", [](double v) { nn::CosineSimilarity l({.eps = v}); }, not_negative, negative},
      {"nn/layers/distance.h", "eps", [](double v) { nn::PairwiseDistance l({.eps = v}); }, not_negative, negative},
      {"nn/layers/distance.h", "p", [](double v) { nn::PairwiseDistance l({.p = v}); }, {-kInf, 2, kInf}, {kNan}},
      {"ops/regression_loss.h", "delta", [](double v) { nn::HuberLoss l({.delta = v}); }, positive, not_positive},
      {"ops/regression_loss.h", "eps", [](double v) { nn::PoissonNLLLoss l({.eps = v}); }, not_negative, negative},
      {"ops/regression_loss.h", "eps", [](double v) { nn::GaussianNLLLoss l({.eps = v}); }, positive, not_positive},
      {"ops/margin_loss.h", "margin", [](double v) { nn::HingeEmbeddingLoss l({.margin = v}); }, finite, not_finite},
      {"ops/margin_loss.h", "margin", [](double v) { nn::MarginRankingLoss l({.margin = v}); }, finite, not_finite},
      {"ops/margin_loss.h",
       "margin",
       [](double v) { nn::CosineEmbeddingLoss l({.margin = v}); },
       {-1, 0, 1},
       {-1.1, 1.1, kNan}},
      {"ops/margin_loss.h", "margin", [](double v) { nn::TripletMarginLoss l({.margin = v}); }, finite, not_finite},
      {"ops/margin_loss.h", "margin", [](double v) { nn::TripletMarginWithDistanceLoss l({.margin = v}); }, finite,
       not_finite},
      {"ops/margin_loss.h", "margin", [](double v) { nn::MultiMarginLoss l({.margin = v}); }, finite, not_finite},
      {"ops/margin_loss.h", "p", [](double v) { nn::TripletMarginLoss l({.p = v}); }, {-kInf, 2, kInf}, {kNan}},
      {"ops/margin_loss.h", "eps", [](double v) { nn::TripletMarginLoss l({.eps = v}); }, not_negative, negative},
  };
}

}  // namespace

std::vector<Row> rarer_rows() {
  std::vector<Row> rows = function_rows();
  const std::vector<Row> layers = layer_rows();
  rows.insert(rows.end(), layers.begin(), layers.end());
  return rows;
}

}  // namespace reel::testing
