// Gradients of every op of the table against central differences, to the second order.

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>

#include "support/op_runs.h"
#include "support/requirement.h"

using namespace reel;
using namespace reel::testing;

TEST_CASE("every differentiable op passes gradcheck and gradgradcheck" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    if (!row.differentiable) return;
    CHECK_NOTHROW(gradcheck(sample.call, sample.inputs, {.eps = row.eps}));
    CHECK_NOTHROW(gradgradcheck(sample.call, sample.inputs, {.eps = row.eps}));
  });
}

TEST_CASE("what is not differentiable has no gradient" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    if (row.differentiable) return;
    for (const Tensor& output : sample.call(fresh_inputs(sample.inputs))) CHECK_FALSE(output.requires_grad());
  });
}

TEST_CASE("gradients of outputs may lie anywhere in memory, and may be missing" * op_table_driven) {
  for_each_sample([](const OpRow& row, const Sample& sample) {
    if (!row.differentiable) return;
    const Run dense = run(sample, fresh_inputs(sample.inputs));
    const Run strided = run(sample, fresh_inputs(sample.inputs), GradLayout::strided);
    CHECK(difference(strided, dense, 1e-12) == "");

    // Each output alone: the others' gradients are undefined. The sum over the outputs is what they give together.
    const Tensors inputs = fresh_inputs(sample.inputs);
    const Tensors outputs = sample.call(inputs);
    Tensors sums(inputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!outputs[i].requires_grad()) continue;
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        if (!inputs[k].requires_grad()) continue;
        const Tensors weights{grad_of_output(outputs[i], i)};
        const Tensor g =
            grad({outputs[i]}, {inputs[k]}, {.grad_outputs = weights, .retain_graph = true, .allow_unused = true})[0];
        if (g.defined()) sums[k] = sums[k].defined() ? sums[k] + g : g;
      }
    }
    CHECK(difference(Run{{}, sums}, Run{{}, dense.grads}, 1e-12) == "");
  });
}
