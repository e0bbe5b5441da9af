// L-BFGS against PyTorch's way through two objectives, and its state.

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/lbfgs.h>
#include <reel/training/checkpoint.h>

#include "support/scratch_folder.h"
#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

constexpr DType kF64 = DType::f64;

/// An objective with its parameters.
struct Problem {
  Tensors params;
  std::function<Tensor()> loss;
};

Problem rosenbrock(DType dtype = DType::f64) {
  const Tensor x = tensor({-1.5, 2.0}, {.dtype = dtype}).requires_grad_();
  return {{x}, [x] { return square(1 - x[0]) + 100 * square(x[1] - square(x[0])); }};
}

/// The regression of goldens/make_lbfgs.py.
Problem regression() {
  const Tensor n = arange(12, kF64);
  const Tensor inputs = stack({sin(1.7 * n), cos(0.9 * n)}, 1);
  const Tensor targets = inputs.narrow(1, 0, 1) * inputs.narrow(1, 1, 1) + 0.3;
  const Tensor w = sin(arange(6, kF64)).view({3, 2}).requires_grad_();
  const Tensor v = cos(arange(3, kF64)).view({1, 3}).requires_grad_();
  const Tensor b = zeros({1}, kF64).requires_grad_();
  return {{w, v, b}, [=] { return square(linear(tanh(linear(inputs, w)), v, b) - targets).mean(); }};
}

Tensor step(optim::LBFGS& lbfgs, const Problem& problem) {
  return lbfgs.step([&] {
    lbfgs.zero_grad();
    Tensor loss = problem.loss();
    loss.backward();
    return loss;
  });
}

std::vector<double> values_of(const Tensors& params) {
  std::vector<double> values;
  for (const Tensor& p : params) {
    for (const double value : p.to_vector<double>()) values.push_back(value);
  }
  return values;
}

}  // namespace

TEST_CASE("LBFGS takes PyTorch's way") {
  std::ifstream file(testing::source_dir() / "tests/goldens/lbfgs.txt");
  std::string line;
  int runs = 0;
  for (; std::getline(file, line); ++runs) {
    std::istringstream in(line);
    std::string name;
    bool strong_wolfe = false;
    std::int64_t max_iter = 0;
    in >> name >> strong_wolfe >> max_iter;
    const std::string run = name + (strong_wolfe ? ", strong Wolfe" : ", fixed step");
    CAPTURE(run);
    const Problem problem = name == "rosenbrock" ? rosenbrock() : regression();
    optim::LBFGS lbfgs(
        problem.params,
        {.lr = strong_wolfe ? 1 : 0.1, .max_iter = max_iter, .history_size = 7, .strong_wolfe = strong_wolfe});
    for (std::int64_t n = 0; n < 50 / max_iter; ++n) {
      step(lbfgs, problem);
      CAPTURE(n);
      std::vector<double> reached = values_of(problem.params);
      reached.push_back(problem.loss().item());
      for (const double value : reached) {
        double expected = 0;
        in >> expected;
        REQUIRE(!in.fail());
        CHECK(value == doctest::Approx(expected).epsilon(1e-6).scale(1e-3));
      }
    }
  }
  CHECK(runs == 8);
}

TEST_CASE("LBFGS finds the minimum, also in f32") {
  const Problem problem = rosenbrock(DType::f32);
  optim::LBFGS lbfgs(problem.params, {.max_iter = 60, .strong_wolfe = true});
  const double first = step(lbfgs, problem).item();
  CHECK(first == doctest::Approx(square(tensor(2.5)).item() + 100 * 0.0625));  // at the start, by arithmetic
  CHECK(problem.loss().item() < 1e-6);
}

TEST_CASE("LBFGS stops where the gradient is zero") {
  const Tensor x = zeros({3}).requires_grad_(), unused = ones({2}).requires_grad_();
  optim::LBFGS lbfgs({x, unused});
  int calls = 0;
  lbfgs.step([&] {
    lbfgs.zero_grad();
    const Tensor loss = square(x).sum();
    loss.backward();
    ++calls;
    return loss;
  });
  CHECK(calls == 1);
  CHECK(x.to_vector<float>() == std::vector<float>(3));
  CHECK(lbfgs.state_dict().at("state.0.n_iter").item<std::int64_t>() == 0);
}

TEST_CASE("LBFGS goes on bit for bit after a checkpoint") {
  const testing::ScratchFolder folder;
  for (const bool strong_wolfe : {false, true}) {
    const optim::LBFGSOptions options{.lr = 0.5, .max_iter = 3, .history_size = 4, .strong_wolfe = strong_wolfe};
    const Problem first = regression(), second = regression();
    optim::LBFGS one(first.params, options), two(second.params, options);
    for (int n = 0; n < 3; ++n) step(one, first);
    training::Checkpoint().add("optimizer", one).save(folder / "run");
    for (std::size_t p = 0; p < 3; ++p) no_grad([&] { second.params[p].copy_(first.params[p]); });
    training::Checkpoint().add("optimizer", two).load(folder / "run");
    for (int n = 0; n < 4; ++n) {
      step(one, first);
      step(two, second);
      CHECK(values_of(first.params) == values_of(second.params));
    }
  }
}

TEST_CASE("a closure that throws leaves LBFGS and the parameters as they were") {
  const Problem problem = regression(), twin = regression();
  const optim::LBFGSOptions options{.max_iter = 2, .strong_wolfe = true};
  optim::LBFGS lbfgs(problem.params, options), other(twin.params, options);
  step(lbfgs, problem);
  step(other, twin);
  const std::vector<double> before = values_of(problem.params);
  int calls = 0;
  CHECK_THROWS_AS(lbfgs.step([&]() -> Tensor {
    if (++calls == 2) throw std::runtime_error("no more");
    lbfgs.zero_grad();
    Tensor loss = problem.loss();
    loss.backward();
    return loss;
  }),
                  std::runtime_error);
  CHECK(values_of(problem.params) == before);
  step(lbfgs, problem);
  step(other, twin);
  CHECK(values_of(problem.params) == values_of(twin.params));
}

TEST_CASE("a trial where the loss is not finite is too far for LBFGS's line search") {
  const Tensor x = full({1}, 0.01, kF64).requires_grad_();
  const Problem problem{{x}, [=] { return x.sum() - log(x).sum(); }};  // NaN below 0; least at 1
  optim::LBFGS lbfgs(problem.params, {.lr = 100, .max_iter = 50, .strong_wolfe = true});
  step(lbfgs, problem);
  CHECK(x.item() == doctest::Approx(1).epsilon(1e-6));
}

TEST_CASE("LBFGS does not move from where the loss is not finite, nor to where it is -infinity") {
  const Tensor x = full({1}, -1, kF64).requires_grad_();
  for (const bool strong_wolfe : {false, true}) {
    optim::LBFGS lbfgs({x}, {.strong_wolfe = strong_wolfe});
    CHECK(std::isnan(step(lbfgs, {{x}, [=] { return log(x).sum(); }}).item()));
    CHECK(x.item() == -1);
  }
  const Tensor q = full({1}, 0.5, kF64).requires_grad_();
  optim::LBFGS lbfgs({q}, {.max_iter = 5, .strong_wolfe = true});
  step(lbfgs, {{q}, [=] { return (q + log(relu(q))).sum(); }});
  CHECK(q.item() > 0);
}

TEST_CASE("LBFGS's parameters may move to another dtype") {
  const Problem problem = regression();
  optim::LBFGS lbfgs(problem.params, {.max_iter = 3});
  step(lbfgs, problem);
  CHECK(lbfgs.state_dict().at("state.0.d").dtype() == DType::f64);
  const Tensor w = ones({2}).requires_grad_();
  lbfgs.groups()[0].params = {w};
  CHECK(message_of<ShapeError>([&] {
          step(lbfgs, {{w}, [=] { return square(w).sum(); }});
        }) == "LBFGS: expected the 10 elements of the steps before, got parameters of 2; make a new optimizer");
  CHECK(w.to_vector<float>() == std::vector<float>{1, 1});
}

TEST_CASE("LBFGS says what it wants") {
  const Tensor x = ones({2}).requires_grad_(), y = ones({2}, kF64).requires_grad_();
  CHECK(message_of<DTypeError>([&] {
          optim::LBFGS({x, y});
        }) == "LBFGS: expected all parameters of one dtype, got f32 and f64");
  CHECK(message_of<ValueError>([&] { optim::LBFGS({x}, {.max_iter = 0}); }) ==
        "LBFGS: expected max_iter at least 1, got 0");
  CHECK(message_of<ValueError>([&] { optim::LBFGS({x}, {.history_size = 0}); }) ==
        "LBFGS: expected history_size at least 1, got 0");
  optim::LBFGS lbfgs({x});
  optim::Optimizer& base = lbfgs;
  CHECK(message_of<ValueError>([&] { base.step(); }) ==
        "LBFGS: expected a closure that computes the loss, step([&] { ...; return loss; }), got none");
  CHECK(message_of<ValueError>([&] { lbfgs.step(nullptr); }) ==
        "LBFGS: expected a closure that computes the loss, got an empty function");
  CHECK(message_of<ValueError>([&] { lbfgs.step([] { return Tensor(); }); }) ==
        "LBFGS: expected the closure to return the loss, got an undefined tensor");
  CHECK(message_of<ShapeError>([&] { lbfgs.step([&] { return x * 2; }); }) ==
        "LBFGS: expected the closure to return a loss of one element, got shape [2]");
  lbfgs.groups().push_back({{y}});
  CHECK(message_of<ValueError>([&] { lbfgs.step([&] { return x.sum(); }); }) ==
        "LBFGS: expected one group of parameters, got 2");
}

TEST_CASE("LBFGS refuses a state that is not its own, and changes nothing") {
  const Problem problem = regression();
  optim::LBFGS lbfgs(problem.params, {.max_iter = 3});
  step(lbfgs, problem);
  const optim::StateDict state = lbfgs.state_dict();
  const auto refused = [&](const std::string& key, const Tensor& value) {
    optim::StateDict changed = state;
    if (value.defined()) changed[key] = value;
    else changed.erase(key);
    CHECK_THROWS_AS(lbfgs.load_state_dict(changed), Error);
    CHECK(lbfgs.state_dict().at("state.0.d").is_same(state.at("state.0.d")));
  };
  refused("state.0.d", Tensor());
  refused("state.0.d", ones({3}, kF64));
  refused("state.0.old_dirs", ones({1, 10}, DType::i64));
  refused("state.0.n_iter", full({}, -1, DType::i64));
  refused("state.0.t", ones({2}, kF64));
  refused("state.0.H_diag", full({}, std::numeric_limits<double>::quiet_NaN(), kF64));
  refused("state.0.unknown", ones({2}, kF64));
  refused("group.0.max_iter", full({}, 0.5, kF64));
}
