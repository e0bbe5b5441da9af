// Averages of parameters, and groups that join an optimizer.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Doubles = std::vector<double>;

Tensor parameter(const Doubles& values) { return tensor(values).requires_grad_(); }

void set(const Tensor& p, const Doubles& values) {
  const NoGradGuard no_grad;
  p.copy_(tensor(values));
}

}  // namespace

TEST_CASE("an exponential and an equal average of parameters") {
  const Tensor p = parameter({1, -2});
  optim::ParameterAverage ema({p}, {.decay = 0.75}), mean({p});
  Doubles expected_ema, sum(2);
  int n = 0;
  for (const Doubles& values : {Doubles{4, 8}, Doubles{2, 0}, Doubles{-6, 1}, Doubles{0.5, 3}}) {
    set(p, values);
    ema.update();
    mean.update();
    ++n;
    if (expected_ema.empty()) expected_ema = values;
    for (std::size_t i = 0; i < 2; ++i) {
      if (n > 1) expected_ema[i] = 0.75 * expected_ema[i] + 0.25 * values[i];
      sum[i] += values[i];
      CHECK(ema.averages()[0].to_vector<double>()[i] == doctest::Approx(expected_ema[i]).epsilon(1e-14));
      CHECK(mean.averages()[0].to_vector<double>()[i] == doctest::Approx(sum[i] / n).epsilon(1e-14));
    }
  }
  CHECK(ema.n_averaged() == 4);
  CHECK(p.to_vector<double>() == Doubles{0.5, 3});
  CHECK(!ema.averages()[0].requires_grad());
}

TEST_CASE("averages take the parameters' place and give it back") {
  const Tensor p = parameter({1, 2}), other = zeros({2}, DType::f64);
  optim::ParameterAverage ema({p}, {.decay = 0.5});
  ema.update();
  set(p, {3, 6});
  ema.update();
  ema.copy_to({other});
  CHECK(other.to_vector<double>() == Doubles{2, 4});
  const auto version = p.version();
  ema.swap();
  CHECK(p.to_vector<double>() == Doubles{2, 4});
  CHECK(p.version() != version);
  CHECK(message_of<ValueError>([&] { ema.update(); }) ==
        "ParameterAverage: update: the parameters hold the averages; swap them back first");
  CHECK(ema.averages()[0].to_vector<double>() == Doubles{2, 4});
  other.zero_();
  ema.copy_to({other});
  CHECK(other.to_vector<double>() == Doubles{2, 4});
  const Tensor resumed = parameter({0, 0});
  optim::ParameterAverage loaded({resumed}, {.decay = 0.5});
  loaded.load_state_dict(ema.state_dict());
  set(resumed, {2, 4});  // as the network's own state does
  loaded.swap();
  CHECK(resumed.to_vector<double>() == Doubles{3, 6});
  optim::StateDict incomplete = ema.state_dict();
  incomplete.erase("set_aside.0");
  CHECK(message_of<ValueError>([&] { loaded.load_state_dict(incomplete); }) ==
        "ParameterAverage: expected a state with \"set_aside.0\"");
  ema.swap();
  CHECK(p.to_vector<double>() == Doubles{3, 6});
  CHECK(ema.averages()[0].to_vector<double>() == Doubles{2, 4});
}

TEST_CASE("a saved average goes on to the bit; states that do not fit change nothing") {
  const Tensor p = parameter({1, 2}), q = parameter({0, 0});
  optim::ParameterAverage first({p}), second({q});
  for (const Doubles& values : {Doubles{1, 5}, Doubles{7, 3}, Doubles{2, 2}}) set(p, values), first.update();
  second.load_state_dict(first.state_dict());
  set(p, {9, 8});
  set(q, {9, 8});
  first.update();
  second.update();
  CHECK(second.averages()[0].to_vector<double>() == first.averages()[0].to_vector<double>());
  optim::StateDict state = first.state_dict();
  state["average.0"] = ones({3}, DType::f64);
  CHECK(message_of<ShapeError>([&] { second.load_state_dict(state); }) ==
        "ParameterAverage: expected \"average.0\" of shape [2], got [3]");
  state = first.state_dict();
  state["average.1"] = ones({2}, DType::f64);
  CHECK(message_of<ValueError>([&] { second.load_state_dict(state); }) ==
        "ParameterAverage: expected the averages of 1 tensors, got an unknown \"average.1\"");
  state = first.state_dict();
  state["n_averaged"].fill_(-1);
  CHECK(message_of<ValueError>([&] { second.load_state_dict(state); }) ==
        "ParameterAverage: expected \"n_averaged\" of at least 0, got -1");
  CHECK(second.n_averaged() == 4);
  CHECK(message_of<ValueError>([] { optim::ParameterAverage({}); }) ==
        "ParameterAverage: expected at least one tensor, got none");
  CHECK(message_of<DTypeError>([] { optim::ParameterAverage({zeros({1}, DType::i64)}); }) ==
        "ParameterAverage: expected dtype f32, f64, f16, bf16, got i64");
}

TEST_CASE("add_param_group adds a group, or leaves all as it was") {
  const Tensor p = parameter({1, 1}), q = parameter({2, 2});
  optim::SGD sgd({p}, 1.0);
  CHECK(message_of<ValueError>([&] {
          sgd.add_param_group({{q, p}, {.lr = 0.5}});
        }) == "SGD: expected each parameter once, got parameter 2 of shape [2] twice");
  CHECK(message_of<ValueError>([&] {
          sgd.add_param_group({{q}, {.momentum = NAN}});
        }) == "SGD: expected momentum in [0, inf), got nan");
  CHECK(sgd.num_groups() == 1);
  sgd.add_param_group({{q}, {.lr = 0.5}});
  CHECK(sgd.num_groups() == 2);
  for (const Tensor& param : {p, q}) param.set_grad(ones_like(param));
  sgd.step();
  CHECK(p.to_vector<double>() == Doubles{0, 0});
  CHECK(q.to_vector<double>() == Doubles{1.5, 1.5});
}
