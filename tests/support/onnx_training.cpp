// ONNX's optimizers, which are operators that get the state and return the new one.

#include <reel/ops/ops.h>
#include <reel/optim/optim.h>
#include <reel/optim/saved_state.h>

#include "support/onnx.h"

namespace reel::testing::onnx {
namespace {

/// One step. Inputs are the rate, the number of steps so far, the parameters, their gradients, and each kind of state;
/// results the parameters and each kind of state. `step` is what the optimizer counts as its last step.
template <class Optimizer, class Options>
Tensors stepped(const Call& call, const std::vector<std::string>& kinds, std::int64_t step, const Options& options) {
  const std::size_t count = (call.inputs.size() - 2) / (2 + kinds.size());
  Tensors params;
  for (std::size_t i = 0; i < count; ++i) {
    params.push_back(call[2 + i].clone());
    params[i].requires_grad_().set_grad(call[2 + count + i]);
  }
  Optimizer optimizer(params, options);
  auto state = optimizer.state_dict();
  for (std::size_t i = 0; i < count; ++i) {
    state[optim::state_key(i, "step")] = full({}, step, {.dtype = DType::i64, .device = Device::cpu()});
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      state[optim::state_key(i, kinds[k])] = call[2 + (2 + k) * count + i];
    }
  }
  optimizer.load_state_dict(state);
  optimizer.step();
  const auto after = optimizer.state_dict();
  Tensors results;
  for (const Tensor& param : params) results.push_back(param.detach());
  for (const std::string& kind : kinds) {
    for (std::size_t i = 0; i < count; ++i) results.push_back(after.at(optim::state_key(i, kind)));
  }
  return results;
}

double rate(const Call& call) { return call[0].item(); }
double steps(const Call& call) { return call[1].item(); }

Tensors adagrad(const Call& call) {
  const double decayed = rate(call) / (1 + steps(call) * call.number("decay_factor", 0));
  return stepped<optim::Adagrad>(
      call, {"sum"}, 1,
      optim::AdagradOptions{
          .lr = decayed, .weight_decay = call.number("norm_coefficient", 0), .eps = call.number("epsilon", 0)});
}

/// In its first step ONNX does not correct the means' bias, as if they were old; later steps have another epsilon.
Tensors adam(const Call& call) {
  if (steps(call) > 0 || call.number("norm_coefficient_post", 0) != 0) throw LeftOut("Adam with another epsilon");
  constexpr std::int64_t old = 1'000'000;
  return stepped<optim::Adam>(call, {"exp_avg", "exp_avg_sq"}, old,
                              optim::AdamOptions{.lr = rate(call),
                                                 .betas = {call.number("alpha", 0.9), call.number("beta", 0.999)},
                                                 .eps = call.number("epsilon", 0),
                                                 .weight_decay = call.number("norm_coefficient", 0)});
}

/// In its first step ONNX does not dampen the gradient.
Tensors momentum(const Call& call) {
  const double beta = call.number("beta", 1);
  return stepped<optim::SGD>(call, {"momentum_buffer"}, 1,
                             optim::SGDOptions{.lr = rate(call),
                                               .momentum = call.number("alpha", 0),
                                               .dampening = steps(call) > 0 ? 1 - beta : 0,
                                               .weight_decay = call.number("norm_coefficient", 0),
                                               .nesterov = call.text("mode", "standard") == "nesterov"});
}

}  // namespace

void add_optimizers(Operators& table) {
  table["Adagrad"] = adagrad;
  table["Adam"] = adam;
  table["Momentum"] = momentum;
}

}  // namespace reel::testing::onnx
