// Comparison of gradients with central differences.

#include <reel/autograd/gradcheck.h>

#include <cmath>

#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/options.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/option.h>

namespace reel {
namespace {

/// Copies of the inputs, so that changing an element leaves the caller's tensors alone; those that require grad are new
/// leaves.
Tensors as_leaves(const Tensors& inputs) {
  Tensors leaves;
  for (const Tensor& input : inputs) {
    Tensor leaf = input.defined() ? input.detach().clone() : Tensor();
    if (input.requires_grad()) leaf.requires_grad_();
    leaves.push_back(leaf);
  }
  return leaves;
}

/// sum over the floating outputs of <output, weight>: one number whose gradient mixes all derivatives.
double weighted_sum(const Tensors& outputs, const Tensors& weights) {
  double total = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (weights[i].defined()) total += sum(outputs[i].to(DType::f64) * weights[i].to(DType::f64)).item();
  }
  return total;
}

/// Random weights for the outputs that take part; undefined for the others.
Tensors random_weights(const Tensors& outputs) {
  Generator generator(7);
  Tensors weights;
  for (const Tensor& output : outputs) {
    weights.push_back(output.defined() && output.requires_grad() ? randn_like(output, generator) : Tensor());
  }
  return weights;
}

void check_input(const TensorFunction& f, const Tensors& leaves, std::size_t which, const Tensor& analytic,
                 const Tensors& weights, const GradcheckOptions& options) {
  const NoGradGuard guard;
  const Tensor& leaf = leaves[which];
  const Tensor flat = leaf.contiguous().view({-1});
  const std::vector<double> expected =
      analytic.defined() ? analytic.to_vector<double>() : std::vector<double>(static_cast<std::size_t>(leaf.numel()));
  for (std::int64_t i = 0; i < leaf.numel(); ++i) {
    const double original = flat[i].item();
    const auto evaluate = [&](double value) {
      flat[i] = value;
      leaf.copy_(flat.view(leaf.shape()));
      return weighted_sum(f(leaves), weights);
    };
    const double above = evaluate(original + options.eps), below = evaluate(original - options.eps);
    const double numerical = (above - below) / (2 * options.eps);
    flat[i] = original;
    leaf.copy_(flat.view(leaf.shape()));
    const double difference = std::abs(expected[static_cast<std::size_t>(i)] - numerical);
    check<AutogradError>(difference <= options.atol + options.rtol * std::abs(numerical),
                         "gradcheck: element {} of input {} (shape {}): the tape gives {}, central differences give {}",
                         i, which, leaf.shape(), expected[static_cast<std::size_t>(i)], numerical);
  }
}

}  // namespace

bool gradcheck(const TensorFunction& f, const Tensors& inputs, const GradcheckOptions& options) {
  detail::check_option("gradcheck", "eps", options.eps, detail::kPositive);
  detail::check_option("gradcheck", "atol", options.atol, detail::kFiniteAtLeastZero);
  detail::check_option("gradcheck", "rtol", options.rtol, detail::kFiniteAtLeastZero);
  const Tensors leaves = as_leaves(inputs);
  const GradModeGuard recording(true);
  const Tensors outputs = f(leaves);
  const Tensors weights = random_weights(outputs);
  Tensors differentiable, grad_outputs, wanted;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!weights[i].defined()) continue;
    differentiable.push_back(outputs[i]);
    grad_outputs.push_back(weights[i]);
  }
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (!leaves[i].requires_grad()) continue;
    check<DTypeError>(leaves[i].dtype() == DType::f64, "gradcheck: expected input {} of dtype f64, got {}", i,
                      leaves[i].dtype());
    wanted.push_back(leaves[i]);
    positions.push_back(i);
  }
  check<ValueError>(!wanted.empty(), "gradcheck: expected an input that requires grad, got none");
  check<AutogradError>(!differentiable.empty(),
                       "gradcheck: expected an output that depends on an input that requires grad, got none");
  const Tensors grads = grad(differentiable, wanted, {.grad_outputs = grad_outputs, .allow_unused = true});
  for (std::size_t i = 0; i < wanted.size(); ++i) check_input(f, leaves, positions[i], grads[i], weights, options);
  return true;
}

bool gradgradcheck(const TensorFunction& f, const Tensors& inputs, const GradcheckOptions& options) {
  const GradModeGuard mode(true);
  const Tensors probe = f(as_leaves(inputs));
  Tensors weights = random_weights(probe);
  // The inputs of the function under test: those of f, then the output gradients, in which it is linear.
  Tensors extended = inputs;
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < probe.size(); ++i) {
    if (!weights[i].defined()) continue;
    used.push_back(i);
    extended.push_back(weights[i].requires_grad_());
  }
  check<AutogradError>(!used.empty(),
                       "gradgradcheck: expected an output that depends on an input that requires grad, got none");
  const std::size_t count = inputs.size();
  const TensorFunction gradients = [&](const Tensors& args) {
    const GradModeGuard recording(true);  // gradcheck's differences are taken off the tape
    const Tensors own(args.begin(), args.begin() + static_cast<std::ptrdiff_t>(count));
    const Tensors outputs = f(own);
    Tensors differentiable, grad_outputs, wanted;
    for (std::size_t i = 0; i < used.size(); ++i) {
      differentiable.push_back(outputs[used[i]]);
      grad_outputs.push_back(args[count + i]);
    }
    for (const Tensor& t : own) {
      if (t.requires_grad()) wanted.push_back(t);
    }
    Tensors grads =
        grad(differentiable, wanted, {.grad_outputs = grad_outputs, .create_graph = true, .allow_unused = true});
    std::erase_if(grads, [](const Tensor& g) { return !g.defined(); });
    return grads;
  };
  return gradcheck(gradients, extended, options);
}

}  // namespace reel
