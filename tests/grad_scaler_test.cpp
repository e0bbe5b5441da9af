// GradScaler: PyTorch's rules for the scale, skipped steps, its place in a training step, its state.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/autocast.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Floats = std::vector<float>;

Tensor parameter(double value) { return full({2}, value).requires_grad_(); }

/// A step with the scaler in which the parameter's gradient, times the scale, is `factor` times the scale.
bool step(optim::GradScaler& scaler, optim::Optimizer& optimizer, const Tensor& p, double factor) {
  p.set_grad({});
  scaler.scale((p * factor).sum()).backward();
  const bool stepped = scaler.step(optimizer);
  scaler.update();
  return stepped;
}

}  // namespace

TEST_CASE("the scale grows after steps without overflow, backs off after one, and that step is skipped") {
  const Tensor p = parameter(1);
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  optim::GradScaler scaler({.init_scale = 8, .growth_factor = 4, .backoff_factor = 0.25, .growth_interval = 3});
  CHECK(step(scaler, sgd, p, 1));
  CHECK(p.to_vector<float>() == Floats{0, 0});  // the gradient is 1, not 8
  CHECK(step(scaler, sgd, p, 1));
  CHECK(scaler.get_scale() == 8);
  CHECK(step(scaler, sgd, p, 1));
  CHECK(scaler.get_scale() == 32);
  const Floats before = p.to_vector<float>();
  CHECK(!step(scaler, sgd, p, INFINITY));
  CHECK(!step(scaler, sgd, p, NAN));
  CHECK(scaler.get_scale() == 2);
  CHECK(p.to_vector<float>() == before);
  CHECK(sgd.state_dict().at("state.0.step").item<std::int64_t>() == 3);
  CHECK(step(scaler, sgd, p, 1));  // the count begins anew
  CHECK(step(scaler, sgd, p, 1));
  CHECK(scaler.get_scale() == 2);
  CHECK(step(scaler, sgd, p, 1));
  CHECK(scaler.get_scale() == 8);
}

TEST_CASE("a scale that would be infinite stays") {
  const Tensor p = parameter(1);
  optim::SGD sgd({p}, 1.0);
  optim::GradScaler scaler({.init_scale = 0x1p127, .growth_interval = 1});
  CHECK(step(scaler, sgd, p, 0.5));
  CHECK(scaler.get_scale() == 0x1p127);
}

TEST_CASE("unscaled gradients may be looked at and clipped; each optimizer is judged by its own") {
  const Tensor p = parameter(1), q = parameter(1);
  optim::SGD first({p}, 1.0), second({q}, 1.0);
  optim::GradScaler scaler({.init_scale = 16});
  scaler.scale((p * 3 + q * tensor({1.0, INFINITY})).sum()).backward();
  scaler.unscale_(first);
  CHECK(p.grad().to_vector<float>() == Floats{3, 3});
  p.grad().mul_(0.5);
  CHECK(scaler.step(first));
  CHECK(!scaler.step(second));
  CHECK(p.to_vector<float>() == Floats{-0.5, -0.5});
  CHECK(q.to_vector<float>() == Floats{1, 1});
  CHECK(message_of<ValueError>([&] { scaler.step(first); }) ==
        "GradScaler: step: expected one call for SGD in each step, got a second one; call update");
  CHECK(message_of<ValueError>([&] { scaler.unscale_(first); }) ==
        "GradScaler: unscale_: expected one call for SGD in each step, got one after its step; call update");
  scaler.update();
  CHECK(scaler.get_scale() == 8);
  CHECK(message_of<ValueError>([&] { scaler.update(); }) ==
        "GradScaler: update: expected unscale_ or step since the last update, got neither");
  scaler.unscale_(first);
  CHECK(message_of<ValueError>([&] { scaler.unscale_(first); }) ==
        "GradScaler: unscale_: expected one call for SGD in each step, got a second one; call update");
}

TEST_CASE("a disabled scaler changes nothing") {
  const Tensor p = parameter(1);
  optim::SGD sgd({p}, 1.0);
  optim::GradScaler scaler({.enabled = false});
  const Tensor loss = p.sum();
  CHECK(scaler.scale(loss).is_same(loss));
  loss.backward();
  scaler.unscale_(sgd);
  CHECK(scaler.step(sgd));
  scaler.update();
  CHECK(scaler.get_scale() == 1);
  CHECK(p.to_vector<float>() == Floats{0, 0});
}

TEST_CASE("a saved scaler goes on; states and options that make no sense are refused") {
  const Tensor p = parameter(1);
  optim::SGD sgd({p}, 1.0);
  optim::GradScaler scaler({.init_scale = 8, .growth_interval = 2}), resumed({.growth_interval = 2});
  step(scaler, sgd, p, 1);
  resumed.load_state_dict(scaler.state_dict());
  step(resumed, sgd, p, 1);
  CHECK(resumed.get_scale() == 16);
  optim::StateDict state = scaler.state_dict();
  state["scale"] = tensor(-1.0);
  CHECK(message_of<ValueError>([&] { resumed.load_state_dict(state); }) ==
        "GradScaler: expected scale in (0, inf), got -1");
  state = scaler.state_dict();
  state["other"] = tensor(1.0);
  CHECK(message_of<ValueError>([&] { resumed.load_state_dict(state); }) ==
        "GradScaler: expected nothing else in the state, got an unknown \"other\"");
  CHECK(resumed.get_scale() == 16);
  CHECK_THROWS_AS(optim::GradScaler({.growth_factor = 1}), ValueError);
}

TEST_CASE("an f16 training run overflows, skips, and learns all the same") {
  manual_seed(1);
  const Tensor x = randn({32, 8}), w = randn({8, 1}), y = matmul(x, w);
  const Tensor theta = zeros({8, 1}).requires_grad_();
  optim::Adam adam({theta}, 0.05);
  optim::GradScaler scaler({.init_scale = 0x1p24, .growth_interval = 50});  // too large for f16 gradients at first
  int skipped = 0;
  double last = 0;
  for (int t = 0; t < 300; ++t) {
    const Tensor loss = autocast(DType::f16, [&] { return mse_loss(matmul(x, theta), y); });
    adam.zero_grad();
    scaler.scale(loss).backward();
    skipped += !scaler.step(adam);
    scaler.update();
    last = loss.item();
    CHECK(all(isfinite(theta)).item<bool>());
  }
  CHECK(skipped > 3);
  CHECK(skipped < 30);
  CHECK(last < 1e-3);
  // One overflow planted on top.
  adam.zero_grad();
  const double scale = scaler.get_scale();
  scaler.scale(autocast(DType::f16, [&] { return mse_loss(matmul(x * 1e6, theta), y); })).backward();
  CHECK(!scaler.step(adam));
  scaler.update();
  CHECK(scaler.get_scale() == scale / 2);
}
