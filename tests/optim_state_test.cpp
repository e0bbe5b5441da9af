// What optimizers keep for parameters that come, go, move and are loaded, and for steps that fail.

#include <cmath>
#include <functional>
#include <stdexcept>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;

namespace {

using Doubles = std::vector<double>;

Tensor parameter(double value) { return full({2}, value, {.dtype = DType::f64}).requires_grad_(); }

/// A step of parameters whose gradients are all 1.
void step(optim::Optimizer& optimizer) {
  for (const Tensor& param : optimizer.params()) param.set_grad(ones_like(param));
  optimizer.step();
}

std::int64_t steps(const optim::Optimizer& optimizer, int number) {
  const optim::StateDict state = optimizer.state_dict();
  const auto found = state.find("state." + std::to_string(number) + ".step");
  return found == state.end() ? 0 : found->second.item<std::int64_t>();
}

optim::StateDict cloned(const optim::StateDict& state) {
  optim::StateDict out;
  for (const auto& [key, value] : state) out[key] = value.clone();
  return out;
}

struct RateOnly {
  double lr = 1;
  template <class Self, class F> static void visit(Self& o, F&& f) { f("lr", o.lr); }
};

/// Fails when the first of two parameters has stepped.
struct Failing : optim::OptimizerOf<RateOnly> {
  explicit Failing(std::vector<Group> groups) : OptimizerOf("Failing", {{"m"}}, std::move(groups)) {}
  void update_all(std::span<const optim::ParamUpdate> updates) override {
    first.clear();
    for (const optim::ParamUpdate& u : updates) first.push_back(u.first);
    ++updates[0].state->step;
    if (fails) throw std::runtime_error("no");
    ++updates[1].state->step;
  }
  bool fails = true;
  std::vector<bool> first;
};

}  // namespace

TEST_CASE("state belongs to the parameter, wherever it is in the groups") {
  const Tensor p = parameter(0), q = parameter(10), r = parameter(20);
  optim::SGD sgd({p, q}, {.lr = 1, .momentum = 0.5});
  Tensors& params = sgd.groups()[0].params;
  step(sgd);  // velocities of p and q: 1
  params = {q, p};
  step(sgd);  // 1.5
  CHECK(p.to_vector<double>() == Doubles{-2.5, -2.5});
  CHECK(q.to_vector<double>() == Doubles{7.5, 7.5});
  params = {q, r};  // as many as before
  step(sgd);        // q: 1.75, r: 1
  CHECK(q.to_vector<double>() == Doubles{5.75, 5.75});
  CHECK(r.to_vector<double>() == Doubles{19, 19});
  CHECK(p.to_vector<double>() == Doubles{-2.5, -2.5});
  CHECK(steps(sgd, 0) == 3);
  CHECK(steps(sgd, 1) == 1);
  params = {p, q, r};  // p is back
  step(sgd);           // 1.75
  CHECK(p.to_vector<double>() == Doubles{-4.25, -4.25});
  CHECK(steps(sgd, 0) == 3);
}

TEST_CASE("what has not stepped is not kept: refused parameters, and those that leave") {
  const Tensor p = parameter(0);
  optim::SGD sgd({p}, {.momentum = 0.5});
  Tensors& params = sgd.groups()[0].params;
  step(sgd);
  const std::int64_t before = live_tensors();
  {
    const Tensor a = parameter(1), b = parameter(2);
    params = {a, b, b};
    CHECK_THROWS_AS(sgd.step(), ValueError);
    params = {p};
  }
  CHECK(live_tensors() == before);
  {
    const Tensor a = parameter(1);
    params = {p, a};
    sgd.step();  // a has no gradient
    params = {p};
  }
  sgd.step();
  CHECK(live_tensors() == before);
}

TEST_CASE("loading drops the state of parameters that have left") {
  const Tensor p = parameter(0);
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  Tensors& params = sgd.groups()[0].params;
  const Tensor q = parameter(0);
  params = {p, q};
  step(sgd);
  params = {p};
  step(sgd);
  sgd.load_state_dict(cloned(sgd.state_dict()));
  params = {p, q};
  CHECK(steps(sgd, 0) == 2);
  CHECK(steps(sgd, 1) == 0);
  step(sgd);
  CHECK(p.to_vector<double>() == Doubles{-4.25, -4.25});
  CHECK(q.to_vector<double>() == Doubles{-2, -2});  // another first step
}

TEST_CASE("a loaded state without steps is none, or refused if it has a buffer") {
  const Tensor p = parameter(0);
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5, .dampening = 0.25});
  step(sgd);
  optim::StateDict state = cloned(sgd.state_dict());
  state["state.0.step"].fill_(0);
  CHECK(testing::message_of<ValueError>([&] { sgd.load_state_dict(state); }) ==
        "SGD: expected \"state.0.step\" of at least 1 with \"state.0.momentum_buffer\", got 0");
  CHECK(steps(sgd, 0) == 1);
  state.erase("state.0.momentum_buffer");
  sgd.load_state_dict(state);
  CHECK(steps(sgd, 0) == 0);
  step(sgd);  // a first step is not dampened
  CHECK(p.to_vector<double>() == Doubles{-2, -2});
}

TEST_CASE("loading overwrites state tensors in place, unless the parameter has moved") {
  const Tensor p = parameter(0);
  optim::SGD sgd({p}, {.lr = 1, .momentum = 0.5});
  step(sgd);
  const optim::StateDict saved = cloned(sgd.state_dict());
  step(sgd);
  const Tensor velocity = sgd.state_dict().at("state.0.momentum_buffer");
  sgd.load_state_dict(saved);
  CHECK(sgd.state_dict().at("state.0.momentum_buffer").is_same(velocity));
  CHECK(velocity.to_vector<double>() == Doubles{1, 1});
  CHECK(steps(sgd, 0) == 1);

  p.set_grad({});
  p.set_data(p.detach().to(DType::f32));
  sgd.load_state_dict(saved);
  CHECK(sgd.state_dict().at("state.0.momentum_buffer").dtype() == DType::f32);
  CHECK(velocity.dtype() == DType::f64);
}

TEST_CASE("a step that fails leaves the state of parameters that did not step as it was") {
  Failing failing({{{parameter(0), parameter(0)}, {}}});
  for (const Tensor& param : failing.params()) param.set_grad(ones_like(param));
  CHECK_THROWS_AS(failing.step(), std::runtime_error);
  failing.fails = false;
  failing.step();
  CHECK(failing.first == std::vector<bool>{false, true});
  failing.step();
  CHECK(failing.first == std::vector<bool>{false, false});
}

TEST_CASE("a state that does not fit is an error and changes nothing") {
  const Tensor p = ones({4}, {.dtype = DType::f64, .requires_grad = true});
  optim::Adam adam({p}, {.lr = 0.1});
  step(adam);
  const auto broken = [&](const std::function<void(optim::StateDict&)>& damage) {
    optim::StateDict state = adam.state_dict();
    damage(state);
    std::string message = "nothing was thrown";
    try {
      adam.load_state_dict(state);
    } catch (const Error& e) {
      message = e.what();
    }
    CHECK(adam.lr() == 0.1);
    CHECK(adam.state_dict().at("state.0.step").item<std::int64_t>() == 1);
    return message;
  };
  CHECK(broken([](auto& s) { s.erase("group.0.lr"); }) == "Adam: expected a state with \"group.0.lr\"");
  CHECK(broken([](auto& s) { s.erase("state.0.exp_avg"); }) == "Adam: expected a state with \"state.0.exp_avg\"");
  CHECK(broken([](auto& s) { s["state.1.step"] = tensor(1); }) ==
        "Adam: expected the state of 1 groups and 1 parameters, got an unknown \"state.1.step\"; was it saved by an "
        "optimizer "
        "of the same kind, with all modules registered?");
  CHECK(broken([](auto& s) { s["state.0.exp_avg"] = ones({3}); }) ==
        "Adam: expected \"state.0.exp_avg\" of shape [4], got [3]");
  CHECK(broken([](auto& s) { s["state.0.step"] = tensor(-1); }) ==
        "Adam: expected \"state.0.step\" of at least 0, got -1");
  CHECK(broken([](auto& s) { s["state.0.step"] = tensor(0); }) ==
        "Adam: expected \"state.0.step\" of at least 1 with \"state.0.exp_avg\", got 0");
  CHECK(broken([](auto& s) { s["state.0.step"] = tensor(1.5); }) ==
        "Adam: expected \"state.0.step\" of dtype i64, got f32");
  CHECK(broken([](auto& s) {
          s["state.0.exp_avg"] = tensor({1, 2, 3, 4});
        }) == "Adam: expected \"state.0.exp_avg\" of a floating dtype, got i64");
  CHECK(broken([](auto& s) { s["group.1.lr"] = s.at("group.0.lr"); }).find("unknown \"group.1.lr\"") !=
        std::string::npos);
  const auto number = [](double value) { return full({}, value, {.dtype = DType::f64}); };
  CHECK(broken([](auto& s) { s["group.0.lr"] = tensor(1); }) == "Adam: expected \"group.0.lr\" of dtype f64, got i64");
  CHECK(broken([](auto& s) { s["group.0.lr"] = ones({2}, {.dtype = DType::f64}); }) ==
        "Adam: expected \"group.0.lr\" of one element, got shape [2]");
  CHECK(broken([&](auto& s) { s["group.0.lr"] = number(-1); }) == "Adam: expected lr in [0, inf), got -1");
  CHECK(broken([&](auto& s) { s["group.0.eps"] = number(NAN); }) == "Adam: expected eps in [0, inf), got nan");
  CHECK(broken([&](auto& s) { s["group.0.amsgrad"] = number(0.5); }) == "Adam: expected amsgrad to be 0 or 1, got 0.5");
}
