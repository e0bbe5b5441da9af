// Learning-rate schedules against sequences worked out by hand.

#include <cmath>
#include <functional>
#include <memory>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;
using namespace reel::optim;

namespace {

using Doubles = std::vector<double>;

/// Two groups with the rates 1 and 10.
struct TwoGroups {
  Tensor a = zeros({1}), b = zeros({1});
  SGD sgd{{{{a}, {.lr = 1}}, {{b}, {.lr = 10}}}};
};

/// The first group's rate at steps 0 .. n - 1; the second's must be ten times that.
template <class Schedule> Doubles rates(TwoGroups& groups, Schedule& schedule, int n) {
  Doubles out;
  for (int t = 0; t < n; ++t) {
    if (t) schedule.step();
    CHECK(schedule.last_epoch() == t);
    CHECK(groups.sgd.lr(1) == doctest::Approx(10 * groups.sgd.lr(0)));
    CHECK(schedule.last_lr() == Doubles{groups.sgd.lr(0), groups.sgd.lr(1)});
    out.push_back(groups.sgd.lr(0));
  }
  return out;
}

void check_close(const Doubles& got, const Doubles& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

}  // namespace

TEST_CASE("StepLR, MultiStepLR and ExponentialLR") {
  TwoGroups one, two, three;
  StepLR step(one.sgd, 2, 0.5);
  check_close(rates(one, step, 6), {1, 1, 0.5, 0.5, 0.25, 0.25});
  MultiStepLR multi(two.sgd, {1, 4, 4}, 0.1);
  check_close(rates(two, multi, 6), {1, 0.1, 0.1, 0.1, 0.001, 0.001});
  ExponentialLR exponential(three.sgd, 0.5);
  check_close(rates(three, exponential, 4), {1, 0.5, 0.25, 0.125});
}

TEST_CASE("CosineAnnealingLR goes down and, past t_max, up again") {
  TwoGroups groups;
  CosineAnnealingLR cosine(groups.sgd, 4);
  const double half = std::sqrt(0.5);
  check_close(rates(groups, cosine, 6), {1, (1 + half) / 2, 0.5, (1 - half) / 2, 0, (1 - half) / 2});
  TwoGroups other;
  CosineAnnealingLR above(other.sgd, 2, 0.5);
  above.step();
  above.step();
  CHECK(other.sgd.lr(0) == 0.5);
  CHECK(other.sgd.lr(1) == 0.5);
}

TEST_CASE("LambdaLR takes one function, or one for each group") {
  TwoGroups groups, other;
  LambdaLR one(groups.sgd, [](std::int64_t t) { return 1.0 / static_cast<double>(1 + t); });
  check_close(rates(groups, one, 4), {1, 0.5, 1.0 / 3, 0.25});
  LambdaLR both(other.sgd, {[](std::int64_t) { return 2.0; }, [](std::int64_t t) { return static_cast<double>(t); }});
  both.step();
  both.step();
  both.step();
  CHECK(other.sgd.lr(0) == 2);
  CHECK(other.sgd.lr(1) == 30);
}

TEST_CASE("InverseTimeLR is a / (b + t) for every group") {
  TwoGroups groups;
  InverseTimeLR schedule(groups.sgd, 3, 2);
  Doubles got;
  for (int t = 0; t < 4; ++t) {
    if (t) schedule.step();
    got.push_back(groups.sgd.lr(0));
    CHECK(groups.sgd.lr(1) == groups.sgd.lr(0));
  }
  check_close(got, {1.5, 1, 0.75, 0.6});
}

TEST_CASE("ReduceLROnPlateau halves the rate when the held-out objective improves by less than a threshold") {
  TwoGroups groups;
  ReduceLROnPlateau plateau(groups.sgd, {.factor = 0.5,
                                         .patience = 0,
                                         .threshold = 0.1,
                                         .threshold_mode = ReduceLROnPlateauOptions::Threshold::absolute});
  Doubles got;
  for (const double objective : Doubles{1.0, 0.8, 0.75, 0.5, 0.45, 0.44, NAN}) {
    plateau.step(objective);
    got.push_back(groups.sgd.lr(0));
  }
  CHECK(got == Doubles{1, 1, 0.5, 0.5, 0.25, 0.125, 0.0625});
  CHECK(groups.sgd.lr(1) == 0.625);
  CHECK(plateau.best() == 0.5);
}

TEST_CASE("ReduceLROnPlateau has patience, a cooldown and a lower limit, and may watch a metric that rises") {
  TwoGroups groups;
  ReduceLROnPlateau plateau(groups.sgd, {.mode = ReduceLROnPlateauOptions::Mode::max,
                                         .factor = 0.1,
                                         .patience = 1,
                                         .threshold = 0.01,
                                         .cooldown = 2,
                                         .min_lr = 0.05});
  Doubles got;
  for (const double accuracy : {0.5, 0.503, 0.504, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.6}) {
    plateau.step(accuracy);
    got.push_back(groups.sgd.lr(0));
  }
  // Bad epochs 2 and 3 exceed the patience; 4 and 5 cool down; 6 and 7 are bad again; after that two more cool down.
  check_close(got, {1, 1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05});
}

TEST_CASE("saved and loaded, a schedule goes on to the bit") {
  const std::vector<std::function<std::unique_ptr<LRScheduler>(Optimizer&)>> makers{
      [](Optimizer& o) { return std::make_unique<StepLR>(o, 3, 0.7); },
      [](Optimizer& o) {
        return std::make_unique<MultiStepLR>(o, std::vector<std::int64_t>{2, 5}, 0.3);
      },
      [](Optimizer& o) { return std::make_unique<ExponentialLR>(o, 0.9); },
      [](Optimizer& o) { return std::make_unique<CosineAnnealingLR>(o, 10, 0.1); },
      [](Optimizer& o) {
        return std::make_unique<LambdaLR>(o, [](std::int64_t t) { return std::exp(-0.1 * static_cast<double>(t)); });
      },
      [](Optimizer& o) { return std::make_unique<InverseTimeLR>(o, 3, 2); }};
  for (const auto& make : makers) {
    TwoGroups whole, part, resumed;
    const auto reference = make(whole.sgd);
    for (int t = 0; t < 8; ++t) reference->step();
    const auto first = make(part.sgd);
    for (int t = 0; t < 3; ++t) first->step();
    const auto second = make(resumed.sgd);
    resumed.sgd.load_state_dict(part.sgd.state_dict());
    second->load_state_dict(first->state_dict());
    CHECK(resumed.sgd.lr(1) == part.sgd.lr(1));
    CHECK(second->last_lr() == first->last_lr());
    for (int t = 3; t < 8; ++t) second->step();
    CHECK(second->last_lr() == reference->last_lr());
    CHECK(resumed.sgd.lr(1) == whole.sgd.lr(1));
  }
}

TEST_CASE("loading a schedule leaves the optimizer's rates alone") {
  TwoGroups part, resumed;
  StepLR first(part.sgd, 2, 0.5), second(resumed.sgd, 2, 0.5);
  for (int t = 0; t < 3; ++t) first.step();
  part.sgd.set_lr(0.123);  // by hand, until the next step
  for (const bool optimizer_first : {true, false}) {
    resumed.sgd.set_lr(7);
    if (optimizer_first) resumed.sgd.load_state_dict(part.sgd.state_dict());
    second.load_state_dict(first.state_dict());
    CHECK(resumed.sgd.lr() == (optimizer_first ? 0.123 : 7));
    if (!optimizer_first) resumed.sgd.load_state_dict(part.sgd.state_dict());
    CHECK(resumed.sgd.lr() == 0.123);
    CHECK(second.last_lr() == Doubles{0.5, 5});
  }
  second.step();
  CHECK(second.last_lr() == Doubles{0.25, 2.5});
}

TEST_CASE("saved and loaded, ReduceLROnPlateau goes on to the bit") {
  const ReduceLROnPlateauOptions options{.factor = 0.5, .patience = 1, .cooldown = 1};
  const Doubles metrics{3, 2, 2.5, 2.1, 2.2, 2.3, 2.4, 1, 1.5, 1.6};
  TwoGroups whole, part, resumed;
  ReduceLROnPlateau reference(whole.sgd, options), first(part.sgd, options), second(resumed.sgd, options);
  for (const double metric : metrics) reference.step(metric);
  for (int i = 0; i < 4; ++i) first.step(metrics[static_cast<std::size_t>(i)]);
  resumed.sgd.load_state_dict(part.sgd.state_dict());
  second.load_state_dict(first.state_dict());
  for (std::size_t i = 4; i < metrics.size(); ++i) second.step(metrics[i]);
  CHECK(resumed.sgd.lr() == whole.sgd.lr());
  CHECK(whole.sgd.lr() < 1);
  CHECK(second.best() == reference.best());
}

TEST_CASE("schedules refuse options and states that make no sense") {
  TwoGroups groups;
  CHECK(message_of<ValueError>([&] { StepLR(groups.sgd, 0); }) == "StepLR: expected step_size of at least 1, got 0");
  CHECK(message_of<ValueError>([&] {
          MultiStepLR(groups.sgd, {3, 1});
        }) == "MultiStepLR: expected milestones in increasing order, got 3, 1");
  CHECK(message_of<ValueError>([&] { CosineAnnealingLR(groups.sgd, 0); }) ==
        "CosineAnnealingLR: expected t_max of at least 1, got 0");
  CHECK(message_of<ValueError>([&] { InverseTimeLR(groups.sgd, 1, 0); }) ==
        "InverseTimeLR: expected b in (0, inf), got 0");
  CHECK(message_of<ValueError>([&] { ReduceLROnPlateau(groups.sgd, {.factor = 1}); }) ==
        "ReduceLROnPlateau: expected factor in [0, 1), got 1");
  CHECK(message_of<ValueError>([&] { LambdaLR(groups.sgd, std::vector<LambdaLR::Factor>{}); }) ==
        "LambdaLR: expected 2 functions, one for each group, got 0");
  CHECK(groups.sgd.lr(0) == 1);

  StepLR step(groups.sgd, 2);
  CHECK(message_of<ValueError>([&] {
          step.load_state_dict({{"last_epoch", tensor(3)}});
        }) == "LRScheduler: expected a state with \"base_lr\"");
  const Tensor two = ones({2}, {.dtype = DType::f64}), three = ones({3}, {.dtype = DType::f64});
  CHECK(message_of<ShapeError>([&] {
          step.load_state_dict({{"last_epoch", tensor(3)}, {"base_lr", three}, {"last_lr", two}});
        }) == "LRScheduler: expected \"base_lr\" of shape [2], got [3]");
  CHECK(message_of<DTypeError>([&] {
          step.load_state_dict({{"last_epoch", tensor(3)}, {"base_lr", ones({2})}, {"last_lr", two}});
        }) == "LRScheduler: expected \"base_lr\" of dtype f64, got f32");
  CHECK(message_of<DTypeError>([&] {
          step.load_state_dict({{"last_epoch", tensor(2.5)}, {"base_lr", two}, {"last_lr", two}});
        }) == "LRScheduler: expected \"last_epoch\" of dtype i64, got f32");
  CHECK(message_of<ValueError>([&] {
          step.load_state_dict({{"last_epoch", tensor(3)}, {"base_lr", two}, {"last_lr", two * NAN}});
        }) == "LRScheduler: expected last_lr in [0, inf), got nan");
  CHECK(message_of<ValueError>([&] {
          step.load_state_dict({{"last_epoch", tensor(3)}, {"base_lr", ones({2})}, {"x", ones({2})}});
        }) == "LRScheduler: expected a state with \"last_lr\"");
  StateDict state = step.state_dict();
  state["x"] = ones({2});
  CHECK(message_of<ValueError>([&] { step.load_state_dict(state); }) ==
        "LRScheduler: expected nothing else in the state, got an unknown \"x\"");
  state.erase("x");
  state["base_lr"] = two;
  state["last_epoch"] = tensor(-1);
  CHECK(message_of<ValueError>([&] { step.load_state_dict(state); }) ==
        "LRScheduler: expected \"last_epoch\" of at least 0, got -1");
  CHECK(step.last_epoch() == 0);
  step.step();
  CHECK(step.last_lr() == Doubles{1, 10});

  ReduceLROnPlateau plateau(groups.sgd);
  plateau.step(3);
  for (const char* counter : {"num_bad_epochs", "cooldown_counter"}) {
    state = plateau.state_dict();
    state["best"] = full({}, 1.0, {.dtype = DType::f64});
    state[counter] = tensor(-2);
    CHECK(message_of<ValueError>([&] { plateau.load_state_dict(state); }) ==
          "ReduceLROnPlateau: expected \"" + std::string(counter) + "\" of at least 0, got -2");
    CHECK(plateau.best() == 3);
  }
}

TEST_CASE("a rate that makes no sense is refused before the step counts") {
  TwoGroups groups;
  LambdaLR lambda(groups.sgd, {[](std::int64_t) { return 0.5; }, [](std::int64_t t) { return t < 2 ? 1.0 : NAN; }});
  lambda.step();
  CHECK(message_of<ValueError>([&] { lambda.step(); }) ==
        "LRScheduler: expected the learning rate in [0, inf), got nan");
  CHECK(lambda.last_epoch() == 1);
  CHECK(lambda.last_lr() == Doubles{0.5, 10});
  CHECK(groups.sgd.lr(0) == 0.5);
}

namespace {

/// The rate after a plateau's schedule has seen the metrics, with patience 1, factor 0.5 and threshold 0.1.
double rate_after(ReduceLROnPlateauOptions::Mode mode, const Doubles& metrics) {
  TwoGroups groups;
  ReduceLROnPlateau plateau(groups.sgd, {.mode = mode, .factor = 0.5, .patience = 1, .threshold = 0.1});
  for (const double metric : metrics) plateau.step(metric);
  return groups.sgd.lr(0);
}

}  // namespace

TEST_CASE("ReduceLROnPlateau's relative threshold is a share of the best's absolute value") {
  using Mode = ReduceLROnPlateauOptions::Mode;
  // The same metric a hundred times: 99 epochs without improvement, two of them for each reduction.
  for (const double metric : {-1.0, 0.0, 1.0}) {
    for (const Mode mode : {Mode::min, Mode::max}) {
      INFO(metric);
      CHECK(rate_after(mode, Doubles(100, metric)) < 1e-7);
    }
  }
  // Of a best of -1 an improvement is below -1.1, or above -0.9.
  CHECK(rate_after(Mode::min, {-1, -1.05, -0.95}) == 0.5);
  CHECK(rate_after(Mode::max, {-1, -1.05, -0.95}) == 0.5);
  CHECK(rate_after(Mode::min, {-1, -1.2, -1.4}) == 1);
  CHECK(rate_after(Mode::max, {-1, -0.85, -0.7}) == 1);
  // Infinite and NaN metrics: no improvement, but the first finite one after them is.
  CHECK(rate_after(Mode::min, {INFINITY, 5, 5}) == 1);
  CHECK(rate_after(Mode::max, {-INFINITY, 5, 5}) == 1);
  CHECK(rate_after(Mode::min, {1, NAN, INFINITY}) == 0.5);
  CHECK(rate_after(Mode::max, {1, NAN, -INFINITY}) == 0.5);
  CHECK(rate_after(Mode::min, {-INFINITY, 1, 0}) == 0.5);
}

TEST_CASE("a plateau's state with a best of another dtype, or NaN, is refused whole") {
  TwoGroups groups;
  ReduceLROnPlateau plateau(groups.sgd);
  plateau.step(3);
  StateDict state = plateau.state_dict();
  state["best"] = tensor(1.0);
  CHECK(message_of<DTypeError>([&] { plateau.load_state_dict(state); }) ==
        "ReduceLROnPlateau: expected \"best\" of dtype f64, got f32");
  state["best"] = full({}, NAN, {.dtype = DType::f64});
  CHECK(message_of<ValueError>([&] { plateau.load_state_dict(state); }) ==
        "ReduceLROnPlateau: expected best in [-inf, inf], got nan");
  CHECK(plateau.best() == 3);
}
