// ONNX's products and losses.

#include <reel/kernels/linalg.h>
#include <reel/ops/ops.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

Tensor general_product(const Call& call) {
  const Tensor a = call.integer("transA", 0) ? call[0].t() : call[0],
               b = call.integer("transB", 0) ? call[1].t() : call[1];
  const double alpha = call.number("alpha", 1), beta = call.number("beta", 1);
  return call[2].defined() ? addmm(call[2], a, b, beta, alpha) : alpha * mm(a, b);
}

Tensor determinant(const Call& call) {
  if (!kernels::lapack_available()) throw LeftOut("LAPACK, which this build has not");
  return linalg::det(call[0]);
}

Reduction reduction(const Call& call) {
  static const std::map<std::string, Reduction> words{
      {"none", Reduction::none}, {"mean", Reduction::mean}, {"sum", Reduction::sum}};
  return words.at(call.text("reduction", "mean"));
}

Tensor likelihood(const Call& call) {
  return nll_loss(
      call[0], call[1],
      {.weight = call[2], .ignore_index = call.integer("ignore_index", -100), .reduction = reduction(call)});
}

/// The loss, and the logarithms of the probabilities.
Tensors entropy(const Call& call) {
  const CrossEntropyOptions options{
      .weight = call[2], .ignore_index = call.integer("ignore_index", -100), .reduction = reduction(call)};
  return {cross_entropy(call[0], call[1], options), log_softmax(call[0], 1)};
}

}  // namespace

void add_products(Operators& table) {
  add(table, {{"Det", determinant},
              {"Einsum", [](const Call& call) { return einsum(call.text("equation", ""), call.inputs); }},
              {"Gemm", general_product},
              {"MatMul", [](const Call& call) { return matmul(call[0], call[1]); }}});
}

void add_losses(Operators& table) {
  table["SoftmaxCrossEntropyLoss"] = entropy;
  add(table, {{"NegativeLogLikelihoodLoss", likelihood}});
}

}  // namespace reel::testing::onnx
