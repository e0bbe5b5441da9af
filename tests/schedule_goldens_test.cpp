// Schedules against PyTorch's learning rates and momenta, and the errors of those that are made of others.

#include <cmath>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/source_files.h"
#include "support/throws.h"

using namespace reel;
using namespace reel::optim;
using testing::message_of;

namespace {

using Doubles = std::vector<double>;
using Mode = CyclicLROptions::Mode;

/// The optimizer of goldens/make_schedules.py.
struct TwoGroups {
  Tensor a = zeros({1}), b = zeros({1});
  SGD sgd{{{{a}, {.lr = 0.5, .momentum = 0.9}}, {{b}, {.lr = 2, .momentum = 0.9}}}};
};

/// A schedule with those that it is made of.
struct Schedule {
  std::vector<std::unique_ptr<LRScheduler>> parts;
  std::unique_ptr<LRScheduler> whole;
};

template <class S, class... Arguments> Schedule make(Optimizer& o, const Arguments&... arguments) {
  Schedule schedule;
  schedule.whole = std::make_unique<S>(o, arguments...);
  return schedule;
}

Schedule sequential(Optimizer& o) {
  Schedule s;
  s.parts.push_back(std::make_unique<LinearLR>(o, 0.1, 1.0, 6));
  s.parts.push_back(std::make_unique<CosineAnnealingLR>(o, 12));
  s.parts.push_back(std::make_unique<ConstantLR>(o, 0.25, 100));
  s.whole = std::make_unique<SequentialLR>(o, CombinedLR::Parts{*s.parts[0], *s.parts[1], *s.parts[2]},
                                           std::vector<std::int64_t>{6, 18});
  return s;
}

Schedule chained(Optimizer& o) {
  Schedule s;
  s.parts.push_back(std::make_unique<ConstantLR>(o, 0.1, 4));
  s.parts.push_back(std::make_unique<ExponentialLR>(o, 0.9));
  s.whole = std::make_unique<ChainedScheduler>(o, CombinedLR::Parts{*s.parts[0], *s.parts[1]});
  return s;
}

/// The schedules of goldens/make_schedules.py by name.
std::map<std::string, std::function<Schedule(Optimizer&)>> makers() {
  const OneCycleLROptions linear{.pct_start = 0.4,
                                 .anneal_strategy = AnnealStrategy::linear,
                                 .base_momentum = 0.7,
                                 .max_momentum = 0.99,
                                 .div_factor = 10,
                                 .final_div_factor = 50};
  const OneCycleLROptions three{.three_phase = true}, rates{.cycle_momentum = false};
  const CyclicLROptions up_down{.step_size_up = 4};
  const CyclicLROptions halved{.step_size_up = 2, .step_size_down = 5, .mode = Mode::triangular2};
  const CyclicLROptions power{
      .step_size_up = 3, .mode = Mode::exp_range, .gamma = 0.9, .base_momentum = 0.5, .max_momentum = 0.95};
  return {
      {"restarts", [](Optimizer& o) { return make<CosineAnnealingWarmRestarts>(o, 4); }},
      {"restarts_mult", [](Optimizer& o) { return make<CosineAnnealingWarmRestarts>(o, 3, 2, 0.05); }},
      {"constant", [](Optimizer& o) { return make<ConstantLR>(o); }},
      {"constant_options", [](Optimizer& o) { return make<ConstantLR>(o, 0.5, 9); }},
      {"linear", [](Optimizer& o) { return make<LinearLR>(o); }},
      {"linear_options", [](Optimizer& o) { return make<LinearLR>(o, 0.9, 0.2, 11); }},
      {"polynomial", [](Optimizer& o) { return make<PolynomialLR>(o); }},
      {"polynomial_options", [](Optimizer& o) { return make<PolynomialLR>(o, 20, 2.5); }},
      {"one_cycle",
       [](Optimizer& o) {
         return make<OneCycleLR>(o, Doubles{1, 3}, 25);
       }},
      {"one_cycle_linear", [=](Optimizer& o) { return make<OneCycleLR>(o, 1.0, 25, linear); }},
      {"one_cycle_three", [=](Optimizer& o) { return make<OneCycleLR>(o, 1.0, 25, three); }},
      {"one_cycle_rates", [=](Optimizer& o) { return make<OneCycleLR>(o, 1.0, 25, rates); }},
      {"cyclic", [=](Optimizer& o) { return make<CyclicLR>(o, 0.1, 0.9, up_down); }},
      {"cyclic_halved", [=](Optimizer& o) { return make<CyclicLR>(o, 0.1, 0.9, halved); }},
      {"cyclic_power", [=](Optimizer& o) { return make<CyclicLR>(o, 0.1, 0.9, power); }},
      {"swa", [](Optimizer& o) { return make<SWALR>(o, 0.05); }},
      {"swa_linear", [](Optimizer& o) { return make<SWALR>(o, 0.05, 6, AnnealStrategy::linear); }},
      {"sequential", sequential},
      {"chained", chained},
  };
}

}  // namespace

TEST_CASE("schedules have PyTorch's rates and momenta") {
  auto schedules = makers();
  std::ifstream file(testing::source_dir() / "tests/goldens/schedules.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream in(line);
    std::string name;
    in >> name;
    CAPTURE(name);
    REQUIRE(schedules.contains(name));
    TwoGroups groups;
    const Schedule schedule = schedules.extract(name).mapped()(groups.sgd);
    for (int t = 0; t < 25; ++t) {
      CAPTURE(t);
      if (t) schedule.whole->step();
      for (const double value : {groups.sgd.lr(0), groups.sgd.lr(1), groups.sgd.options(0).momentum}) {
        double expected = 0;
        in >> expected;
        REQUIRE(!in.fail());
        CHECK(value == doctest::Approx(expected).epsilon(1e-12));
      }
    }
  }
  CHECK(schedules.empty());
}

TEST_CASE("saved and loaded, each of these schedules goes on to the bit") {
  for (const auto& [name, maker] : makers()) {
    CAPTURE(name);
    TwoGroups whole, part, resumed;
    const Schedule reference = maker(whole.sgd), first = maker(part.sgd), second = maker(resumed.sgd);
    for (int t = 0; t < 20; ++t) reference.whole->step();
    for (int t = 0; t < 7; ++t) first.whole->step();
    resumed.sgd.load_state_dict(part.sgd.state_dict());
    second.whole->load_state_dict(first.whole->state_dict());
    for (int t = 7; t < 20; ++t) second.whole->step();
    CHECK(second.whole->last_lr() == reference.whole->last_lr());
    CHECK(resumed.sgd.lr(1) == whole.sgd.lr(1));
    CHECK(resumed.sgd.options(1).momentum == whole.sgd.options(1).momentum);
  }
}

TEST_CASE("the momentum of Adam's family is its first beta") {
  const Tensor p = zeros({1});
  Adam adam({p});
  OneCycleLR schedule(adam, 0.1, 10, {.base_momentum = 0.8, .max_momentum = 0.95});
  CHECK(adam.options().betas[0] == 0.95);
  CHECK(adam.options().betas[1] == 0.999);
  schedule.step();
  schedule.step();  // the top: 0.3 of 10 steps, the last of them step 2
  CHECK(adam.options().betas[0] == doctest::Approx(0.8));
  CHECK(adam.lr() == doctest::Approx(0.1));
  CHECK(*adam.momentum() == adam.options().betas[0]);
  CHECK(message_of<ValueError>([&] { adam.set_momentum(1, 0); }) == "Adam: expected betas[0] in [0, 1), got 1");
  CHECK(adam.options().betas[0] == doctest::Approx(0.8));
}

TEST_CASE("OneCycleLR ends, and an optimizer without momentum is refused unless it may stay") {
  TwoGroups groups;
  OneCycleLR schedule(groups.sgd, 1, 3);
  for (int t = 0; t < 3; ++t) schedule.step();  // as often as there are steps
  const double last = groups.sgd.lr();
  CHECK(message_of<ValueError>([&] { schedule.step(); }) == "OneCycleLR: expected at most 3 steps, got another one");
  CHECK(schedule.last_epoch() == 3);
  CHECK(groups.sgd.lr() == last);
  Adagrad adagrad({zeros({1})}, {.lr = 0.5});
  CHECK(message_of<ValueError>([&] { OneCycleLR(adagrad, 1, 3); }) ==
        "OneCycleLR: expected an optimizer with a momentum or betas, got Adagrad; set .cycle_momentum = false");
  CHECK(message_of<ValueError>([&] { CyclicLR(adagrad, 0, 1); }) ==
        "CyclicLR: expected an optimizer with a momentum or betas, got Adagrad; set .cycle_momentum = false");
  CHECK(adagrad.lr() == 0.5);
  CHECK(message_of<ValueError>([&] { adagrad.set_momentum(0.5, 0); }) ==
        "Adagrad: expected an optimizer with a momentum or betas to set");
  OneCycleLR without(adagrad, 1, 10, {.cycle_momentum = false});
  CHECK(adagrad.lr() == doctest::Approx(0.04));
  CHECK(message_of<ValueError>([&] { OneCycleLR(groups.sgd, Doubles{1}, 3); }) ==
        "OneCycleLR: expected 2 rates, one for each group, got 1");
}

TEST_CASE("schedules made of others refuse what does not fit") {
  TwoGroups groups, others;
  ConstantLR one(groups.sgd), two(groups.sgd), foreign(others.sgd);
  CHECK(message_of<ValueError>([&] {
          SequentialLR(groups.sgd, {one, two}, {});
        }) == "SequentialLR: expected 1 milestones between 2 schedules, got 0");
  CHECK(message_of<ValueError>([&] {
          SequentialLR(groups.sgd, {one, two, one}, {5, 3});
        }) == "SequentialLR: expected milestones in increasing order, got 5, 3");
  CHECK(message_of<ValueError>([&] {
          SequentialLR(groups.sgd, {one, foreign}, {5});
        }) == "SequentialLR: expected schedules of the same optimizer, got one of another");
  CHECK(message_of<ValueError>([&] { ChainedScheduler(groups.sgd, {}); }) ==
        "ChainedScheduler: expected at least one schedule, got none");
}
