// The same calls as in make_goldens.py, in the same order.

#include "goldens/golden_calls.h"

#include <limits>

#include <reel/ops/ops.h>

namespace reel::testing {
namespace {

using Calls = std::map<std::string, TensorFunction>;
using In = const Tensors&;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Tensors pair(std::tuple<Tensor, Tensor> values) { return {std::get<0>(values), std::get<1>(values)}; }

void add_arithmetic(Calls& c) {
  c["add alpha"] = [](In t) { return Tensors{add(t[0], t[1], 3)}; };
  c["sub alpha"] = [](In t) { return Tensors{sub(t[0], t[1], 2)}; };
  c["mul"] = [](In t) { return Tensors{t[0] * t[1]}; };
  c["div"] = [](In t) { return Tensors{t[0] / t[1]}; };
  c["floor_divide"] = [](In t) { return Tensors{floor_divide(t[0], t[1])}; };
  c["remainder"] = [](In t) { return Tensors{remainder(t[0], t[1])}; };
  c["pow"] = [](In t) { return Tensors{pow(t[0], t[1])}; };
  c["pow number"] = [](In t) { return Tensors{pow(t[0], 3)}; };
  c["pow of number"] = [](In t) { return Tensors{pow(2.5, t[0])}; };
  c["maximum"] = [](In t) { return Tensors{maximum(t[0], t[1])}; };
  c["minimum"] = [](In t) { return Tensors{minimum(t[0], t[1])}; };
  c["atan2"] = [](In t) { return Tensors{atan2(t[0], t[1])}; };
  c["lerp"] = [](In t) { return Tensors{lerp(t[0], t[1], t[2])}; };
  c["lerp number"] = [](In t) { return Tensors{lerp(t[0], t[1], 0.3)}; };
}

void add_pointwise(Calls& c) {
  const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {
      {"neg", neg},   {"abs", abs},     {"sign", sign},     {"exp", exp},   {"expm1", expm1},
      {"log", log},   {"log1p", log1p}, {"log2", log2},     {"sqrt", sqrt}, {"rsqrt", rsqrt},
      {"sin", sin},   {"cos", cos},     {"square", square}, {"tan", tan},   {"reciprocal", reciprocal},
      {"asin", asin}, {"acos", acos},   {"atan", atan},     {"sinh", sinh}, {"cosh", cosh},
      {"tanh", tanh}, {"erf", erf},     {"floor", floor},   {"ceil", ceil}, {"round", round},
      {"relu", relu}, {"selu", selu},   {"gelu", gelu},     {"silu", silu}, {"sigmoid", sigmoid}};
  for (const auto& [name, function] : functions) {
    c[name] = [f = function](In t) { return Tensors{f(t[0])}; };
  }
  c["clamp"] = [](In t) { return Tensors{clamp(t[0], -0.5, 1)}; };
  c["softplus"] = [](In t) { return Tensors{softplus(t[0], 2, 1.5)}; };
  c["leaky_relu"] = [](In t) { return Tensors{leaky_relu(t[0], 0.2)}; };
  c["prelu"] = [](In t) { return Tensors{prelu(t[0], t[1])}; };
  c["elu"] = [](In t) { return Tensors{elu(t[0], 1.5)}; };
  c["hardtanh"] = [](In t) { return Tensors{hardtanh(t[0], -0.5, 0.7)}; };
  c["softmax"] = [](In t) { return Tensors{softmax(t[0], 1)}; };
  c["log_softmax"] = [](In t) { return Tensors{log_softmax(t[0], 0)}; };
  c["where"] = [](In t) { return Tensors{where(t[0], t[1], t[2])}; };
  c["masked_fill"] = [](In t) { return Tensors{masked_fill(t[0], t[1], 7)}; };
}

void add_reductions(Calls& c) {
  c["sum"] = [](In t) { return Tensors{sum(t[0], {0, 2}, true)}; };
  c["mean"] = [](In t) { return Tensors{mean(t[0], {0, 2})}; };
  c["prod"] = [](In t) { return Tensors{prod(t[0], {1})}; };
  c["prod zero"] = [](In t) { return Tensors{prod(t[0], {0})}; };
  c["var"] = [](In t) { return Tensors{var(t[0], {0, 2}, 1)}; };
  c["var biased"] = [](In t) { return Tensors{var(t[0], {1}, 0, true)}; };
  c["std"] = [](In t) { return Tensors{stddev(t[0], {1}, 1)}; };
  c["amax"] = [](In t) { return Tensors{amax(t[0], {0, 1})}; };
  c["amin"] = [](In t) { return Tensors{amin(t[0], {1}, true)}; };
  c["max"] = [](In t) { return pair(max(t[0], 1)); };
  c["min"] = [](In t) { return pair(min(t[0], 0, true)); };
  c["argmax"] = [](In t) { return Tensors{argmax(t[0], 1)}; };
  c["argmin"] = [](In t) { return Tensors{argmin(t[0])}; };
  c["norm 1"] = [](In t) { return Tensors{norm(t[0], 1, {1})}; };
  c["norm 2"] = [](In t) { return Tensors{norm(t[0], 2, {0, 1})}; };
  c["norm 3"] = [](In t) { return Tensors{norm(t[0], 3, {0}, true)}; };
  c["norm inf"] = [](In t) { return Tensors{norm(t[0], kInfinity, {1})}; };
  c["logsumexp"] = [](In t) { return Tensors{logsumexp(t[0], {0, 1})}; };
  c["cumsum"] = [](In t) { return Tensors{cumsum(t[0], 1)}; };
  c["all"] = [](In t) { return Tensors{all(t[0], {1})}; };
  c["any"] = [](In t) { return Tensors{any(t[0], {0})}; };
}

void add_movements(Calls& c) {
  c["movedim"] = [](In t) { return Tensors{movedim(t[0], {0, 2}, {1, 0})}; };
  c["unfold"] = [](In t) { return Tensors{unfold(t[0], 1, 3, 2)}; };
  c["diagonal"] = [](In t) { return Tensors{diagonal(t[0], 1, 0, 2)}; };
  c["split"] = [](In t) { return split(t[0], std::vector<std::int64_t>{1, 3}, 1); };
  c["cat"] = [](In t) { return Tensors{cat({t[0], t[1], t[0]}, 1)}; };
  c["stack"] = [](In t) { return Tensors{stack({t[0], t[1]}, -1)}; };
  c["repeat"] = [](In t) { return Tensors{repeat(t[0], {2, 1, 3})}; };
  c["flip"] = [](In t) { return Tensors{flip(t[0], {0, 2})}; };
  c["roll"] = [](In t) { return Tensors{roll(t[0], {1, -2}, {0, 1})}; };
  c["roll flat"] = [](In t) { return Tensors{roll(t[0], {2})}; };
  c["rot90"] = [](In t) { return Tensors{rot90(t[0], 3, {0, 1})}; };
  c["pad"] = [](In t) { return Tensors{pad(t[0], {1, 2, 0, -1}, PadMode::constant, 1.5)}; };
  c["pad reflect"] = [](In t) { return Tensors{pad(t[0], {2, 1}, PadMode::reflect)}; };
  c["pad replicate"] = [](In t) { return Tensors{pad(t[0], {2, 1, 1, 0}, PadMode::replicate)}; };
  c["pad circular"] = [](In t) { return Tensors{pad(t[0], {2, 1}, PadMode::circular)}; };
  c["tril"] = [](In t) { return Tensors{tril(t[0], -1)}; };
  c["triu"] = [](In t) { return Tensors{triu(t[0], 1)}; };
  c["gather"] = [](In t) { return Tensors{gather(t[0], 1, t[1])}; };
  c["scatter"] = [](In t) { return Tensors{scatter(t[0], 0, t[1], t[2])}; };
  c["scatter_add"] = [](In t) { return Tensors{scatter_add(t[0], 1, t[1], t[2])}; };
  c["index_select"] = [](In t) { return Tensors{index_select(t[0], 1, t[1])}; };
  c["index"] = [](In t) { return Tensors{index(t[0], {t[1], Tensor(), t[2]})}; };
  c["index_put"] = [](In t) { return Tensors{index_put(t[0], {t[1]}, t[2])}; };
  c["index_put accumulate"] = [](In t) { return Tensors{index_put(t[0], {t[1]}, t[2], true)}; };
  c["masked_select"] = [](In t) { return Tensors{masked_select(t[0], t[1])}; };
  c["nonzero"] = [](In t) { return Tensors{nonzero(t[0])}; };
  c["one_hot"] = [](In t) { return Tensors{one_hot(t[0], 4)}; };
  c["sort"] = [](In t) { return pair(sort(t[0], 1, true)); };
  c["argsort"] = [](In t) { return Tensors{argsort(t[0], 0)}; };
  c["topk"] = [](In t) { return pair(topk(t[0], 2, 1)); };
  c["topk smallest"] = [](In t) { return pair(topk(t[0], 2, 0, false)); };
}

void add_products(Calls& c) {
  for (const char* name : {"matmul 1d 1d", "matmul 2d 1d", "matmul 1d 3d", "matmul 2d 2d", "matmul batched"}) {
    c[name] = [](In t) { return Tensors{matmul(t[0], t[1])}; };
  }
  c["bmm"] = [](In t) { return Tensors{bmm(t[0], t[1])}; };
  c["addmm"] = [](In t) { return Tensors{addmm(t[0], t[1], t[2], 0.5, 2)}; };
  c["linear"] = [](In t) { return Tensors{linear(t[0], t[1], t[2])}; };
  c["outer"] = [](In t) { return Tensors{outer(t[0], t[1])}; };
  c["dot"] = [](In t) { return Tensors{dot(t[0], t[1])}; };
  for (const char* equation : {"bij,bjk->bik", "ii->i", "bhqd,bhkd->bhqk", "...ij,kj->...ik", "ij,j,ik->k"}) {
    c[std::string("einsum ") + equation] = [equation](In t) { return Tensors{einsum(equation, t)}; };
  }
  c["einsum implicit"] = [](In t) { return Tensors{einsum("ba,bc", t)}; };
}

void add_images(Calls& c) {
  c["conv1d"] = [](In t) { return Tensors{conv1d(t[0], t[1], t[2], {.stride = 2, .padding = 2, .dilation = 2})}; };
  c["conv2d"] = [](In t) { return Tensors{conv2d(t[0], t[1], t[2])}; };
  c["conv2d options"] = [](In t) {
    return Tensors{conv2d(t[0], t[1], t[2], {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2})};
  };
  c["conv2d depthwise"] = [](In t) { return Tensors{conv2d(t[0], t[1], {}, {.padding = 1, .groups = 3})}; };
  c["conv2d same"] = [](In t) { return Tensors{conv2d(t[0], t[1], {}, {.padding = "same", .dilation = 2})}; };
  c["conv2d 1x1"] = [](In t) { return Tensors{conv2d(t[0], t[1], t[2])}; };
  c["conv_transpose2d"] = [](In t) { return Tensors{conv_transpose2d(t[0], t[1], t[2])}; };
  c["conv_transpose2d options"] = [](In t) {
    return Tensors{conv_transpose2d(t[0], t[1], t[2],
                                    {.stride = 2, .padding = 1, .output_padding = 1, .groups = 2, .dilation = {2, 1}})};
  };
  c["im2col"] = [](In t) { return Tensors{im2col(t[0], {3, 2}, {.dilation = {1, 2}, .padding = 1, .stride = 2})}; };
  c["col2im"] = [](In t) { return Tensors{col2im(t[0], {4, 5}, {2, 3}, {.padding = {0, 1}, .stride = {1, 2}})}; };
  c["max_pool2d"] = [](In t) { return Tensors{max_pool2d(t[0], 3, {.stride = 2, .padding = 1})}; };
  c["max_pool2d options"] = [](In t) {
    return Tensors{max_pool2d(t[0], {2, 3}, {.stride = Size2d(2, 1), .dilation = {2, 1}, .ceil_mode = true})};
  };
  c["max_pool2d_with_indices"] = [](In t) { return pair(max_pool2d_with_indices(t[0], 2)); };
  c["avg_pool2d"] = [](In t) { return Tensors{avg_pool2d(t[0], 3, {.stride = 2, .padding = 1, .ceil_mode = true})}; };
  c["avg_pool2d exclude"] = [](In t) {
    return Tensors{avg_pool2d(t[0], {2, 3}, {.stride = 2, .padding = 1, .count_include_pad = false})};
  };
  c["adaptive_avg_pool2d"] = [](In t) { return Tensors{adaptive_avg_pool2d(t[0], {2, 3})}; };
  c["adaptive_max_pool2d"] = [](In t) { return Tensors{adaptive_max_pool2d(t[0], {2, 3})}; };
  c["interpolate nearest"] = [](In t) { return Tensors{interpolate(t[0], {5, 3})}; };
  c["interpolate bilinear"] = [](In t) {
    return Tensors{interpolate(t[0], {5, 3}, {.mode = InterpolateMode::bilinear})};
  };
  c["interpolate corners"] = [](In t) {
    return Tensors{interpolate(t[0], {5, 7}, {.mode = InterpolateMode::bilinear, .align_corners = true})};
  };
}

void add_normalizations(Calls& c) {
  c["batch_norm training"] = [](In t) { return Tensors{batch_norm(t[0], {}, {}, t[1], t[2], true)}; };
  c["batch_norm 2d"] = [](In t) { return Tensors{batch_norm(t[0], {}, {}, t[1], t[2], true, 0.1, 0.1)}; };
  c["batch_norm evaluation"] = [](In t) {
    const Tensor mean = tensor({0.1, -0.2}, {.dtype = DType::f64}), var = tensor({1.5, 0.7}, {.dtype = DType::f64});
    return Tensors{batch_norm(t[0], mean, var, t[1], t[2])};
  };
  c["batch_norm_relu"] = [](In t) { return Tensors{batch_norm_relu(t[0], {}, {}, t[1], t[2], true)}; };
  c["layer_norm"] = [](In t) { return Tensors{layer_norm(t[0], {3, 2}, t[1], t[2])}; };
  c["group_norm"] = [](In t) { return Tensors{group_norm(t[0], 2, t[1], t[2])}; };
  c["local_response_norm"] = [](In t) { return Tensors{local_response_norm(t[0], 3, 0.5, 0.6, 2)}; };
  c["embedding"] = [](In t) { return Tensors{embedding(t[0], t[1], 1)}; };
}

void add_losses(Calls& c) {
  c["cross_entropy"] = [](In t) { return Tensors{cross_entropy(t[0], t[1])}; };
  c["cross_entropy options"] = [](In t) {
    return Tensors{cross_entropy(t[0], tensor({0, 2, -100, 1}), {.weight = t[1].detach(), .label_smoothing = 0.2})};
  };
  c["cross_entropy images"] = [](In t) { return Tensors{cross_entropy(t[0], t[1], {.reduction = Reduction::sum})}; };
  c["cross_entropy probabilities"] = [](In t) {
    return Tensors{cross_entropy(t[0], softmax(t[1], 1).detach(), {.label_smoothing = 0.1})};
  };
  c["cross_entropy none"] = [](In t) {
    return Tensors{cross_entropy(t[0], t[1], {.ignore_index = 1, .reduction = Reduction::none})};
  };
  c["nll_loss"] = [](In t) { return Tensors{nll_loss(t[0], tensor({2, 0, 1}), {.weight = t[1].detach()})}; };
  c["mse_loss"] = [](In t) { return Tensors{mse_loss(t[0], t[1])}; };
  c["euclidean_loss"] = [](In t) { return Tensors{euclidean_loss(t[0], t[1])}; };
  c["l1_loss"] = [](In t) { return Tensors{l1_loss(t[0], t[1], Reduction::sum)}; };
  c["smooth_l1_loss"] = [](In t) { return Tensors{smooth_l1_loss(t[0], t[1], Reduction::none, 0.8)}; };
  c["binary_cross_entropy"] = [](In t) { return Tensors{binary_cross_entropy(t[0], t[1].detach())}; };
  c["binary_cross_entropy_with_logits"] = [](In t) {
    return Tensors{binary_cross_entropy_with_logits(t[0], t[1].detach(), {.pos_weight = t[2].detach()})};
  };
  c["kl_div"] = [](In t) { return Tensors{kl_div(t[0], t[1].detach(), {.reduction = Reduction::sum})}; };
  c["kl_div log"] = [](In t) {
    return Tensors{kl_div(t[0], t[1].detach(), {.reduction = Reduction::none, .log_target = true})};
  };
}

void add_more_arithmetic(Calls& c) {
  c["trunc"] = [](In t) { return Tensors{trunc(t[0])}; };
  c["frac"] = [](In t) { return Tensors{frac(t[0])}; };
  c["fmod"] = [](In t) { return Tensors{fmod(t[0], t[1])}; };
  c["hypot"] = [](In t) { return Tensors{hypot(t[0], t[1])}; };
  c["logaddexp"] = [](In t) { return Tensors{logaddexp(t[0], t[1])}; };
  c["logaddexp2"] = [](In t) { return Tensors{logaddexp2(t[0], t[1])}; };
  c["nan_to_num"] = [](In t) { return Tensors{nan_to_num(t[0])}; };
  c["cummax"] = [](In t) { return pair(cummax(t[0], 1)); };
  c["cummin"] = [](In t) { return pair(cummin(t[0], 0)); };
  c["logcumsumexp"] = [](In t) { return Tensors{logcumsumexp(t[0], 1)}; };
  c["diff"] = [](In t) { return Tensors{diff(t[0], 2, 0)}; };
  c["trapezoid"] = [](In t) { return Tensors{trapezoid(t[0], t[1], 0)}; };
  c["tensordot"] = [](In t) { return Tensors{tensordot(t[0], t[1], {2, 0}, {0, 1})}; };
  c["baddbmm"] = [](In t) { return Tensors{baddbmm(t[0], t[1], t[2], 0.5, 2)}; };
  c["cross"] = [](In t) { return Tensors{cross(t[0], t[1], 1)}; };
  c["kron"] = [](In t) { return Tensors{kron(t[0], t[1])}; };
  c["cdist many"] = [](In t) { return Tensors{cdist(t[0], t[1])}; };
  for (const auto& [name, p] :
       {std::pair("cdist 1.0", 1.0), {"cdist 2.0", 2.0}, {"cdist 3.0", 3.0}, {"cdist inf", kInfinity}}) {
    c[name] = [p = p](In t) { return Tensors{cdist(t[0], t[1], p)}; };
  }
  c["renorm"] = [](In t) { return Tensors{renorm(t[0], 2, 0, 1.5)}; };
}

void add_selections(Calls& c) {
  c["repeat_interleave"] = [](In t) { return Tensors{repeat_interleave(t[0], tensor({2, 0, 1}), 1)}; };
  for (const std::string reduce : {"sum", "prod", "mean", "amax", "amin"}) {
    for (const bool include_self : {true, false}) {
      c["scatter_reduce " + reduce + (include_self ? "" : " alone")] = [=](In t) {
        return Tensors{scatter_reduce(t[0], 1, t[1], t[2], reduce, include_self)};
      };
    }
  }
  c["index_add"] = [](In t) { return Tensors{index_add(t[0], 1, t[1], t[2], 2)}; };
  c["index_copy"] = [](In t) { return Tensors{index_copy(t[0], 0, t[1], t[2])}; };
  c["masked_scatter"] = [](In t) { return Tensors{masked_scatter(t[0], t[1], t[2])}; };
  c["take"] = [](In t) { return Tensors{take(t[0], t[1])}; };
}

void add_statistics(Calls& c) {
  c["var_mean"] = [](In t) { return pair(var_mean(t[0], {0, 2})); };
  c["std_mean"] = [](In t) { return pair(std_mean(t[0], {1}, 0)); };
  c["aminmax"] = [](In t) { return pair(aminmax(t[0], 1)); };
  c["median"] = [](In t) { return pair(median(t[0], 1)); };
  c["kthvalue"] = [](In t) { return pair(kthvalue(t[0], 2, 0)); };
  for (const std::string how : {"linear", "lower", "higher", "midpoint", "nearest"}) {
    c["quantile " + how] = [how](In t) {
      return Tensors{quantile(t[0], tensor({0.1, 0.5, 0.83}, {.dtype = DType::f64}), 1, false, how)};
    };
  }
  c["nanquantile"] = [](In t) { return Tensors{nanquantile(t[0], 0.3, 0, true)}; };
  c["cov"] = [](In t) { return Tensors{cov(t[0])}; };
  c["corrcoef"] = [](In t) { return Tensors{corrcoef(t[0])}; };
  c["histc"] = [](In t) { return Tensors{histc(t[0], 6, -1.5, 1.5)}; };
}

}  // namespace

std::map<std::string, TensorFunction> golden_calls() {
  Calls calls;
  add_arithmetic(calls);
  add_pointwise(calls);
  add_reductions(calls);
  add_movements(calls);
  add_products(calls);
  add_images(calls);
  add_normalizations(calls);
  add_losses(calls);
  add_rarer_golden_calls(calls);
  add_more_arithmetic(calls);
  add_selections(calls);
  add_statistics(calls);
  return calls;
}

}  // namespace reel::testing
