// ONNX's reductions and running sums.

#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

using Reduction = Tensor (*)(const Tensor&, const Dims&, bool);

Tensor norm1(const Tensor& x, const Dims& dims, bool keepdim) { return norm(x, 1, dims, keepdim); }
Tensor norm2(const Tensor& x, const Dims& dims, bool keepdim) { return norm(x, 2, dims, keepdim); }
Tensor sum_of_squares(const Tensor& x, const Dims& dims, bool keepdim) { return sum(square(x), dims, keepdim); }
Tensor log_of_sum(const Tensor& x, const Dims& dims, bool keepdim) { return log(sum(x, dims, keepdim)); }

Tensor maximum_of(const Tensor& x, const Dims& dims, bool keepdim) {
  if (x.numel() == 0) throw LeftOut("the maximum of nothing, an error in Reel");
  return amax(x, dims, keepdim);
}

Tensor minimum_of(const Tensor& x, const Dims& dims, bool keepdim) {
  if (x.numel() == 0) throw LeftOut("the minimum of nothing, an error in Reel");
  return amin(x, dims, keepdim);
}

/// Over the axes of the second input, or of the attribute; over all without any, unless told to do nothing then.
Operator over_axes(Reduction function) {
  return [function](const Call& call) {
    const Tensor& x = call[0];
    const std::vector<std::int64_t> axes = call.integers(1, "axes");
    const bool nothing = call.integer("noop_with_empty_axes", 0), keepdim = call.integer("keepdims", 1);
    if (!axes.empty() || !nothing) {
      return Tensors{function(x, axes, keepdim).to(x.dtype())};
    }
    return Tensors{function(x.unsqueeze(0), {0}, false).to(x.dtype())};  // of each element alone
  };
}

template <auto Arg> Tensor position(const Call& call) {
  const Tensor& x = call[0];
  const std::int64_t axis = call.integer("axis", 0);
  const bool keepdim = call.integer("keepdims", 1);
  if (!call.integer("select_last_index", 0)) return Arg(x, axis, keepdim);
  return x.size(axis) - 1 - Arg(flip(x, {axis}), axis, keepdim);
}

/// Of the elements before each one alone, from the end backwards, or both.
template <auto Scan, int neutral> Tensor running(const Call& call) {
  Tensor x = call[0];
  const std::int64_t axis = from_front(call[1].item<std::int64_t>(), x);
  const bool reverse = call.integer("reverse", 0);
  if (reverse) x = flip(x, {axis});
  if (call.integer("exclusive", 0)) {
    const Tensor first = full_like(x.narrow(axis, 0, 1), neutral);
    x = cat({first, x.narrow(axis, 0, x.size(axis) - 1)}, axis);
  }
  const Tensor result = Scan(x, axis).to(x.dtype());
  return reverse ? flip(result, {axis}) : result;
}

}  // namespace

void add_reductions(Operators& table) {
  const std::map<std::string, Reduction> reductions{{"ReduceL1", norm1},          {"ReduceL2", norm2},
                                                    {"ReduceLogSum", log_of_sum}, {"ReduceLogSumExp", logsumexp},
                                                    {"ReduceMax", maximum_of},    {"ReduceMean", mean},
                                                    {"ReduceMin", minimum_of},    {"ReduceProd", prod},
                                                    {"ReduceSum", sum},           {"ReduceSumSquare", sum_of_squares}};
  for (const auto& [name, function] : reductions) table[name] = over_axes(function);
  add(table, {{"ArgMax", position<argmax>},
              {"ArgMin", position<argmin>},
              {"CumProd", running<cumprod, 1>},
              {"CumSum", running<cumsum, 0>}});
}

}  // namespace reel::testing::onnx
