// ONNX's operators on single elements.

#include <cmath>

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

void add_unary(Operators& table, const std::map<std::string, Unary>& functions) {
  for (const auto& [name, function] : functions) {
    table[name] = [f = function](const Call& call) { return Tensors{f(call[0])}; };
  }
}

void add_binary(Operators& table, const std::map<std::string, Binary>& functions) {
  for (const auto& [name, function] : functions) {
    table[name] = [f = function](const Call& call) { return Tensors{f(call[0], call[1])}; };
  }
}

/// An operator of any number of tensors, from one of two.
Operator folded(Binary function) {
  return [function](const Call& call) {
    Tensor result = call[0];
    for (std::size_t i = 1; i < call.inputs.size(); ++i) result = function(result, call[i]);
    return Tensors{result};
  };
}

Tensor average(const Call& call) { return folded(operator+)(call)[0] / static_cast<double>(call.inputs.size()); }

Tensor divided(const Tensor& a, const Tensor& b) { return is_floating(a.dtype()) ? div(a, b) : div(a, b, "trunc"); }

/// ONNX lets the exponent have another dtype; the result has that of the base.
Tensor power(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return pow(a, b);
  const DType common = is_floating(a.dtype()) || is_floating(b.dtype()) ? DType::f64 : DType::i64;
  return pow(a.to(common), b.to(common)).to(a.dtype());
}

Tensor modulo(const Call& call) {
  return call.integer("fmod", 0) ? fmod(call[0], call[1]) : remainder(call[0], call[1]);
}

Tensor shifted(const Call& call) {
  return call.text("direction", "") == "LEFT" ? call[0] << call[1] : call[0] >> call[1];
}

std::optional<Scalar> limit(const Tensor& bound) {
  return bound.defined() ? std::optional<Scalar>(bound.item_scalar()) : std::nullopt;
}

Tensor clipped(const Call& call) {
  const auto min = limit(call[1]), max = limit(call[2]);
  return min || max ? clamp(call[0], min, max) : call[0];
}

Tensor binarized(const Call& call) { return (call[0] > call.number("threshold", 0)).to(call[0].dtype()); }

Tensor infinite(const Call& call) {
  const bool positive = call.integer("detect_positive", 1), negative = call.integer("detect_negative", 1);
  if (positive && negative) return isinf(call[0]);
  return positive ? isposinf(call[0]) : isneginf(call[0]);
}

void add_arithmetic(Operators& table) {
  add_unary(table,
            {{"Abs", reel::abs},     {"Acos", reel::acos},   {"Acosh", reel::acosh},     {"Asin", reel::asin},
             {"Asinh", reel::asinh}, {"Atan", reel::atan},   {"Atanh", reel::atanh},     {"BitwiseNot", bitwise_not},
             {"Ceil", reel::ceil},   {"Cos", reel::cos},     {"Cosh", reel::cosh},       {"Erf", reel::erf},
             {"Exp", reel::exp},     {"Floor", reel::floor}, {"IsNaN", reel::isnan},     {"Log", reel::log},
             {"Neg", neg},           {"Not", logical_not},   {"Reciprocal", reciprocal}, {"Round", reel::round},
             {"Sign", sign},         {"Sin", reel::sin},     {"Sinh", reel::sinh},       {"Sqrt", reel::sqrt},
             {"Tan", reel::tan},     {"Tanh", reel::tanh}});
  add_binary(table, {{"Add", operator+},
                     {"Sub", operator-},
                     {"Mul", mul},
                     {"Div", divided},
                     {"Pow", power},
                     {"And", logical_and},
                     {"Or", logical_or},
                     {"Xor", logical_xor},
                     {"BitwiseAnd", bitwise_and},
                     {"BitwiseOr", bitwise_or},
                     {"BitwiseXor", bitwise_xor},
                     {"Equal", eq},
                     {"Greater", gt},
                     {"GreaterOrEqual", ge},
                     {"Less", lt},
                     {"LessOrEqual", le}});
  table["Max"] = folded(maximum);
  table["Min"] = folded(minimum);
  table["Sum"] = folded(operator+);
  add(table, {{"Binarizer", binarized},
              {"BitShift", shifted},
              {"Cast", [](const Call& call) { return call[0].to(dtype_of_number(call.integer("to", 0))); }},
              {"CastLike", [](const Call& call) { return call[0].to(call[1].dtype()); }},
              {"Clip", clipped},
              {"Identity", [](const Call& call) { return call[0]; }},
              {"IsInf", infinite},
              {"Mean", average},
              {"Mod", modulo},
              {"Where", [](const Call& call) { return where(call[0], call[1], call[2]); }}});
}

Tensor self_normalising(const Call& call) {
  if (!call.has("alpha") && !call.has("gamma")) return selu(call[0]);
  return call.number("gamma", 1.0507) * elu(call[0], call.number("alpha", 1.67326));
}

/// ONNX's slope broadcasts; Reel's is that of a channel, or of all.
Tensor with_slope(const Call& call) {
  if (call[1].numel() == 1) return prelu(call[0], call[1].reshape({1}));
  return where(call[0] < 0, call[0] * call[1], call[0]);
}

Tensor hard_sigmoid(const Call& call) {
  const double alpha = call.number("alpha", 0.2), beta = call.number("beta", 0.5);
  if (std::abs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5) return hardsigmoid(call[0]);
  return clamp(alpha * call[0] + beta, 0, 1);
}

Tensor shrunk(const Call& call) {
  const double lambd = call.number("lambd", 0.5), bias = call.number("bias", 0);
  if (bias == 0) return hardshrink(call[0], lambd);
  if (bias == lambd) return softshrink(call[0], lambd);
  throw LeftOut("Shrink with a bias of its own");
}

Tensor swish(const Call& call) {
  const double alpha = call.number("alpha", 1);
  return alpha == 1 ? silu(call[0]) : call[0] * sigmoid(alpha * call[0]);
}

Tensor swish_gated(const Call& call) {
  if (call.number("alpha", 1) == 1) return swiglu(call[0], call[1]);
  return swish(call) * call[1];
}

Tensor hard_maximum(const Call& call) {
  const std::int64_t axis = call.integer("axis", -1);
  const Tensor hot = one_hot(argmax(call[0], axis), call[0].size(axis));
  return movedim(hot, {-1}, {axis}).to(call[0].dtype());
}

void add_activations(Operators& table) {
  add_unary(table,
            {{"HardSwish", hardswish}, {"Mish", mish}, {"Relu", relu}, {"Sigmoid", sigmoid}, {"Softsign", softsign}});
  add(table, {{"Celu", [](const Call& call) { return celu(call[0], call.number("alpha", 1)); }},
              {"Elu", [](const Call& call) { return elu(call[0], call.number("alpha", 1)); }},
              {"Gelu",
               [](const Call& call) {
                 const bool tanh = call.text("approximate", "none") == "tanh";
                 return gelu(call[0], tanh ? GeluApproximate::tanh : GeluApproximate::none);
               }},
              {"HardSigmoid", hard_sigmoid},
              {"Hardmax", hard_maximum},
              {"LeakyRelu", [](const Call& call) { return leaky_relu(call[0], call.number("alpha", 0.01)); }},
              {"LogSoftmax", [](const Call& call) { return log_softmax(call[0], call.integer("axis", -1)); }},
              {"PRelu", with_slope},
              {"Selu", self_normalising},
              {"Shrink", shrunk},
              {"Softmax", [](const Call& call) { return softmax(call[0], call.integer("axis", -1)); }},
              {"Softplus", [](const Call& call) { return softplus(call[0]); }},
              {"SwiGLU", swish_gated},
              {"Swish", swish},
              {"ThresholdedRelu", [](const Call& call) { return threshold(call[0], call.number("alpha", 1), 0); }}});
}

}  // namespace

void add_elementwise(Operators& table) {
  add_arithmetic(table);
  add_activations(table);
}

}  // namespace reel::testing::onnx
