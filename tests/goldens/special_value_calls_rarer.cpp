// Rarer activations, special functions and losses, as in make_special_values.py.

#include "goldens/special_value_calls.h"

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

}  // namespace

void add_rarer_elementwise_calls(std::map<std::string, ElementwiseCall>& c) {
  constexpr Reduction none = Reduction::none;
  using T = const Tensor&;
  const std::pair<const char*, Tensor (*)(const Tensor&)> functions[] = {{"hardswish", hardswish},
                                                                         {"hardsigmoid", hardsigmoid},
                                                                         {"relu6", relu6},
                                                                         {"softsign", softsign},
                                                                         {"tanhshrink", tanhshrink},
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
  for (const auto& [name, function] : functions) c[name] = one(function);
  c["hardshrink"] = one([](T x) { return hardshrink(x); });
  c["softshrink"] = one([](T x) { return softshrink(x); });
  c["celu"] = one([](T x) { return celu(x, 0.5); });
  c["threshold"] = one([](T x) { return threshold(x, 0.5, 7); });
  c["polygamma(1)"] = one([](T x) { return polygamma(1, x); });
  c["logit"] = one([](T x) { return logit(x); });
  c["logit(0.25)"] = one([](T x) { return logit(x, 0.25); });
  c["xlogy"] = two([](T x, T y) { return xlogy(x, y); });
  c["xlog1py"] = two([](T x, T y) { return xlog1py(x, y); });
  c["huber_loss"] = two([](T y, T t) { return huber_loss(y, t, {.reduction = none}); });
  c["soft_margin_loss"] = two([](T x, T t) { return soft_margin_loss(x, t, none); });
  c["hinge_embedding_loss"] = two([](T x, T t) { return hinge_embedding_loss(x, t, {.reduction = none}); });
}

}  // namespace reel::testing
