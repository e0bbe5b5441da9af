// Rarer activations, special functions, distances, and losses with margins, as in make_goldens.py.

#include "goldens/golden_calls.h"

#include <reel/ops/ops.h>

namespace reel::testing {
namespace {

using Calls = std::map<std::string, TensorFunction>;
using In = const Tensors&;
constexpr Reduction kNone = Reduction::none;

void add_functions(Calls& c) {
  const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {{"hardswish", hardswish},
                                                                         {"hardsigmoid", hardsigmoid},
                                                                         {"softsign", softsign},
                                                                         {"tanhshrink", tanhshrink},
                                                                         {"relu6", relu6},
                                                                         {"logsigmoid", logsigmoid},
                                                                         {"asinh", asinh},
                                                                         {"acosh", acosh},
                                                                         {"atanh", atanh},
                                                                         {"exp2", exp2},
                                                                         {"log10", log10},
                                                                         {"erfc", erfc},
                                                                         {"erfinv", erfinv},
                                                                         {"sinc", sinc},
                                                                         {"lgamma", lgamma},
                                                                         {"digamma", digamma},
                                                                         {"entr", entr},
                                                                         {"erfcx", erfcx},
                                                                         {"ndtr", ndtr},
                                                                         {"log_ndtr", log_ndtr},
                                                                         {"ndtri", ndtri},
                                                                         {"i0", i0},
                                                                         {"i0e", i0e},
                                                                         {"i1", i1},
                                                                         {"i1e", i1e}};
  for (const auto& [name, function] : functions) {
    c[name] = [f = function](In t) { return Tensors{f(t[0])}; };
  }
  c["hardshrink"] = [](In t) { return Tensors{hardshrink(t[0])}; };
  c["softshrink"] = [](In t) { return Tensors{softshrink(t[0])}; };
  c["celu"] = [](In t) { return Tensors{celu(t[0], 0.5)}; };
  c["threshold"] = [](In t) { return Tensors{threshold(t[0], 0.1, 7)}; };
  c["softmin"] = [](In t) { return Tensors{softmin(t[0], 1)}; };
  c["polygamma 2"] = [](In t) { return Tensors{polygamma(2, t[0])}; };
  c["logit"] = [](In t) { return Tensors{logit(t[0], 0.05)}; };
  c["xlogy"] = [](In t) { return Tensors{xlogy(t[0], t[1])}; };
  c["xlog1py"] = [](In t) { return Tensors{xlog1py(t[0], t[1])}; };
  c["diag_embed"] = [](In t) { return Tensors{diag_embed(t[0], 1, 0, 2)}; };
  c["diag"] = [](In t) { return Tensors{diag(t[0], -1)}; };
  c["diag of a matrix"] = [](In t) { return Tensors{diag(t[0], 1)}; };
  c["trace"] = [](In t) { return Tensors{trace(t[0])}; };
  c["unflatten"] = [](In t) { return Tensors{unflatten(t[0], 1, {2, -1})}; };
  c["normalize"] = [](In t) { return Tensors{normalize(t[0], 3, 0)}; };
  c["cosine_similarity"] = [](In t) { return Tensors{cosine_similarity(t[0], t[1])}; };
  c["pairwise_distance"] = [](In t) { return Tensors{pairwise_distance(t[0], t[1], 3, 1e-6, true)}; };
  c["bilinear"] = [](In t) { return Tensors{bilinear(t[0], t[1], t[2], t[3])}; };
  c["embedding_bag"] = [](In t) { return Tensors{embedding_bag(t[1], t[0], {.offsets = t[2]})}; };
  c["embedding_bag sum"] = [](In t) {
    return Tensors{embedding_bag(t[1], t[0], {.mode = BagMode::sum, .per_sample_weights = t[2]})};
  };
  c["embedding max_norm"] = [](In t) { return Tensors{embedding(t[1], t[0], {.max_norm = 1.5})}; };
  c["embedding norm_type"] = [](In t) { return Tensors{embedding(t[1], t[0], {.max_norm = 2, .norm_type = 1.5})}; };
  c["embedding frequencies"] = [](In t) {
    return Tensors{embedding(t[1], t[0], {.padding_idx = 1, .scale_grad_by_freq = true})};
  };
  c["embedding_bag max_norm"] = [](In t) {
    return Tensors{embedding_bag(t[1], t[0], {.offsets = t[2], .max_norm = 1.2})};
  };
  c["embedding_bag frequencies"] = [](In t) {
    return Tensors{embedding_bag(t[1], t[0],
                                 {.offsets = tensor({0, 0, 3}),
                                  .mode = BagMode::sum,
                                  .per_sample_weights = t[2],
                                  .padding_idx = 2,
                                  .scale_grad_by_freq = true})};
  };
  c["embedding_bag mean frequencies"] = [](In t) {
    return Tensors{embedding_bag(t[1], t[0], {.scale_grad_by_freq = true})};
  };
  c["embedding_bag max"] = [](In t) { return Tensors{embedding_bag(t[1], t[0], {.mode = BagMode::max})}; };
}

Tensor signs() { return tensor({{1.0, -1.0, -1.0}, {-1.0, 1.0, 1.0}}).to(DType::f64); }

void add_losses(Calls& c) {
  c["huber_loss"] = [](In t) { return Tensors{huber_loss(t[0], t[1], {.reduction = kNone, .delta = 0.8})}; };
  c["poisson_nll_loss"] = [](In t) { return Tensors{poisson_nll_loss(t[0], t[1].detach(), {.full = true})}; };
  c["poisson_nll_loss rates"] = [](In t) {
    return Tensors{poisson_nll_loss(t[0], t[1], {.log_input = false, .reduction = Reduction::sum})};
  };
  c["gaussian_nll_loss"] = [](In t) { return Tensors{gaussian_nll_loss(t[0], t[1], t[2], {.full = true})}; };
  c["hinge_embedding_loss"] = [](In t) { return Tensors{hinge_embedding_loss(t[0], signs(), {.margin = 1.5})}; };
  c["margin_ranking_loss"] = [](In t) { return Tensors{margin_ranking_loss(t[0], t[1], signs(), {.margin = 0.5})}; };
  c["soft_margin_loss"] = [](In t) { return Tensors{soft_margin_loss(t[0], signs(), Reduction::sum)}; };
  c["cosine_embedding_loss"] = [](In t) {
    return Tensors{cosine_embedding_loss(t[0], t[1], signs()[0], {.margin = -0.5, .reduction = kNone})};
  };
  c["triplet_margin_loss"] = [](In t) {
    return Tensors{triplet_margin_loss(t[0], t[1], t[2], {.margin = 2, .swap = true, .reduction = kNone})};
  };
  c["triplet_margin_with_distance_loss"] = [](In t) {
    return Tensors{triplet_margin_with_distance_loss(t[0], t[1], t[2], {.swap = true})};
  };
  c["multi_margin_loss"] = [](In t) {
    return Tensors{multi_margin_loss(t[0], t[1], {.p = 2, .margin = 0.7, .weight = t[2].detach()})};
  };
  c["multilabel_margin_loss"] = [](In t) { return Tensors{multilabel_margin_loss(t[0], t[1], kNone)}; };
  c["multilabel_soft_margin_loss"] = [](In t) { return Tensors{multilabel_soft_margin_loss(t[0], t[1].detach())}; };
  const Tensor targets = tensor({{1, 2, 2}, {3, 1, 0}}), lengths = tensor({3, 2});
  c["ctc_loss"] = [=](In t) { return Tensors{ctc_loss(log_softmax(t[0], 2), targets, tensor({7, 5}), lengths)}; };
  c["ctc_loss impossible"] = [=](In t) {
    return Tensors{ctc_loss(log_softmax(t[0], 2), targets, tensor({7, 1}), lengths,
                            {.reduction = Reduction::sum, .zero_infinity = true})};
  };
  c["ctc_loss flat"] = [=](In t) {
    return Tensors{ctc_loss(log_softmax(t[0], 2), tensor({0, 2, 2, 1, 1}), tensor({7, 5}), lengths,
                            {.blank = 3, .reduction = kNone})};
  };
}

}  // namespace

void add_rarer_golden_calls(Calls& calls) {
  add_functions(calls);
  add_losses(calls);
}

}  // namespace reel::testing
