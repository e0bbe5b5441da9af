// The same calls as in make_special_values.py, in the same order.

#include "goldens/special_value_calls.h"

#include <sstream>
#include <utility>

#include <reel/ops/ops.h>

namespace reel::testing {
namespace {

template <class F> ElementwiseCall one(F f) {
  return [f](const Tensors& in) { return f(in[0]); };
}
template <class F> ElementwiseCall two(F f) {
  return [f](const Tensors& in) { return f(in[0], in[1]); };
}
using Calls = std::map<std::string, ElementwiseCall>;
using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

void add_pointwise(Calls& c) {
  const std::pair<const char*, Unary> functions[] = {{"abs", abs},     {"sign", sign},
                                                     {"exp", exp},     {"expm1", expm1},
                                                     {"log", log},     {"log1p", log1p},
                                                     {"log2", log2},   {"sqrt", sqrt},
                                                     {"rsqrt", rsqrt}, {"square", square},
                                                     {"sin", sin},     {"cos", cos},
                                                     {"tan", tan},     {"reciprocal", reciprocal},
                                                     {"asin", asin},   {"acos", acos},
                                                     {"atan", atan},   {"sinh", sinh},
                                                     {"cosh", cosh},   {"tanh", tanh},
                                                     {"erf", erf},     {"floor", floor},
                                                     {"ceil", ceil},   {"round", round},
                                                     {"isnan", isnan}, {"isinf", isinf},
                                                     {"relu", relu},   {"sigmoid", sigmoid},
                                                     {"selu", selu},   {"gelu", gelu},
                                                     {"silu", silu},   {"mish", mish},
                                                     {"neg", neg},     {"logical_not", logical_not}};
  for (const auto& function : functions) c[function.first] = one(function.second);
  c["clamp"] = one([](const Tensor& x) { return clamp(x, -0.5, 2); });
  c["softplus"] = one([](const Tensor& x) { return softplus(x); });
  c["softplus(2,1)"] = one([](const Tensor& x) { return softplus(x, 2, 1); });
  c["leaky_relu"] = one([](const Tensor& x) { return leaky_relu(x); });
  c["elu"] = one([](const Tensor& x) { return elu(x, 0.7); });
  c["hardtanh"] = one([](const Tensor& x) { return hardtanh(x); });
  c["dropout(1)"] = one([](const Tensor& x) { return dropout(x, 1); });
}

void add_arithmetic(Calls& c) {
  for (const double e : {0.0, 0.5, 2.0, 3.0, -1.0}) {
    std::ostringstream name;
    name << "pow(" << e << ')';
    c[name.str()] = one([e](const Tensor& x) { return pow(x, e); });
  }
  c["pow(2,x)"] = one([](const Tensor& x) { return pow(2, x); });
  c["pow(0,x)"] = one([](const Tensor& x) { return pow(0, x); });
  const std::pair<const char*, Binary> functions[] = {{"mul", mul},         {"div", div},
                                                      {"pow", pow},         {"floor_divide", floor_divide},
                                                      {"atan2", atan2},     {"remainder", remainder},
                                                      {"maximum", maximum}, {"minimum", minimum}};
  for (const auto& function : functions) c[function.first] = two(function.second);
  c["add"] = two([](const Tensor& a, const Tensor& b) { return add(a, b); });
  c["sub"] = two([](const Tensor& a, const Tensor& b) { return sub(a, b); });
  for (const double weight : {0.0, 0.25}) {
    c[weight == 0 ? "lerp(0)" : "lerp(0.25)"] =
        two([=](const Tensor& a, const Tensor& b) { return lerp(a, b, weight); });
  }
  c["prelu"] = two([](const Tensor& a, const Tensor& b) { return squeeze(prelu(unsqueeze(a, 0), b), 0); });
}

void add_comparisons(Calls& c) {
  const std::pair<const char*, Binary> functions[] = {{"eq", eq},
                                                      {"ne", ne},
                                                      {"lt", lt},
                                                      {"le", le},
                                                      {"gt", gt},
                                                      {"ge", ge},
                                                      {"logical_and", logical_and},
                                                      {"logical_or", logical_or},
                                                      {"logical_xor", logical_xor}};
  for (const auto& function : functions) c[function.first] = two(function.second);
  c["isclose"] = two([](const Tensor& a, const Tensor& b) { return isclose(a, b); });
  c["where(true)"] = two([](const Tensor& a, const Tensor& b) { return where(tensor(true), a, b); });
  c["where(false)"] = two([](const Tensor& a, const Tensor& b) { return where(tensor(false), a, b); });
  c["masked_fill"] = one([](const Tensor& x) { return masked_fill(x, tensor(true), 7); });
}

void add_losses(Calls& c) {
  constexpr Reduction none = Reduction::none;
  c["mse_loss"] = two([](const Tensor& y, const Tensor& t) { return mse_loss(y, t, none); });
  c["l1_loss"] = two([](const Tensor& y, const Tensor& t) { return l1_loss(y, t, none); });
  c["smooth_l1_loss"] = two([](const Tensor& y, const Tensor& t) { return smooth_l1_loss(y, t, none); });
  c["binary_cross_entropy"] =
      two([](const Tensor& y, const Tensor& t) { return binary_cross_entropy(y, t, {.reduction = none}); });
  c["binary_cross_entropy_with_logits"] =
      two([](const Tensor& x, const Tensor& t) { return binary_cross_entropy_with_logits(x, t, {.reduction = none}); });
  c["binary_cross_entropy_with_logits(pos_weight)"] = two([](const Tensor& x, const Tensor& t) {
    return binary_cross_entropy_with_logits(x, t, {.reduction = none, .pos_weight = full({}, 3, {.dtype = x.dtype()})});
  });
  c["kl_div"] = two([](const Tensor& x, const Tensor& t) { return kl_div(x, t, {.reduction = none}); });
  c["kl_div(log_target)"] =
      two([](const Tensor& x, const Tensor& t) { return kl_div(x, t, {.reduction = none, .log_target = true}); });
}

Tensor labels(const Tensor& x, std::int64_t label) { return full({x.shape()[0]}, label, {.dtype = DType::i64}); }

}  // namespace

std::map<std::string, ElementwiseCall> elementwise_calls() {
  Calls calls;
  add_pointwise(calls);
  add_arithmetic(calls);
  add_comparisons(calls);
  add_losses(calls);
  add_rarer_elementwise_calls(calls);
  return calls;
}

std::map<std::string, RowCall> row_calls() {
  constexpr Reduction none = Reduction::none;
  return {{"softmax", [](const Tensor& x, std::int64_t) { return softmax(x, 1); }},
          {"log_softmax", [](const Tensor& x, std::int64_t) { return log_softmax(x, 1); }},
          {"logsumexp", [](const Tensor& x, std::int64_t) { return logsumexp(x, {1}); }},
          {"nll_loss",
           [](const Tensor& x, std::int64_t at) { return nll_loss(x, labels(x, at + 1), {.reduction = none}); }},
          {"cross_entropy",
           [](const Tensor& x, std::int64_t at) { return cross_entropy(x, labels(x, at + 1), {.reduction = none}); }},
          {"cross_entropy(smooth)",
           [](const Tensor& x, std::int64_t at) {
             return cross_entropy(x, labels(x, at + 1), {.reduction = none, .label_smoothing = 0.5});
           }},
          {"cross_entropy(one_hot)", [](const Tensor& x, std::int64_t at) {
             const Tensor target = zeros_like(x);
             target.narrow(1, at + 1, 1).fill_(1);
             return cross_entropy(x, target, {.reduction = none});
           }}};
}

}  // namespace reel::testing
