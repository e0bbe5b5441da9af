// The options of the optimizers and schedules.

#include <concepts>
#include <memory>

#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/option_rows.h"

namespace reel::testing {
namespace {

/// Rows for an option of an optimizer: given to the constructor, and changed before a step.
template <class Optimizer, class Options, class Member> void add_rows(std::vector<Row>& rows, const std::string& header,
                                                                      const std::string& option, Member member,
                                                                      const Doubles& taken, const Doubles& refused) {
  const auto constructed = [=](double v) {
    Options options;
    member(options) = v;
    Optimizer made({parameter()}, options);
  };
  const auto changed = [=](double v) {
    const Tensor p = parameter();
    Optimizer optimizer({p}, {});
    member(optimizer.options()) = v;
    p.set_grad(ones({2}));
    if constexpr (std::same_as<Optimizer, optim::LBFGS>) optimizer.step([&] { return p.sum().detach(); });
    else optimizer.step();
  };
  rows.push_back({header, option, constructed, taken, refused});
  rows.push_back({header, option, changed, taken, refused});
}

}  // namespace

std::vector<Row> optimizer_rows() {
  using namespace optim;
  const Doubles share{0, 0.5, 0.999}, no_share{-0.1, 1, kNan};
  std::vector<Row> rows;
  const auto sgd = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                       const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<SGD, SGDOptions>(rows, "optim/sgd.h", name, member, taken, refused);
  };
  const auto adam = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                        const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Adam, AdamOptions>(rows, "optim/adam.h", name, member, taken, refused);
    add_rows<AdamW, AdamWOptions>(rows, "optim/adam.h", name, member, taken, refused);
  };
  const auto rmsprop = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                           const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<RMSprop, RMSpropOptions>(rows, "optim/rmsprop.h", name, member, taken, refused);
  };
  const auto lbfgs = [&](const char* name, auto member, const Doubles& refused = {-1, kNan}) {
    add_rows<LBFGS, LBFGSOptions>(rows, "optim/lbfgs.h", name, member, {0, 0.5, 2}, refused);
  };
  const auto adadelta = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                            const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Adadelta, AdadeltaOptions>(rows, "optim/adadelta.h", name, member, taken, refused);
  };
  const auto moments = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                           const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Adamax, AdamaxOptions>(rows, "optim/adamax.h", name, member, taken, refused);
    add_rows<NAdam, NAdamOptions>(rows, "optim/nadam.h", name, member, taken, refused);
    add_rows<RAdam, RAdamOptions>(rows, "optim/radam.h", name, member, taken, refused);
  };
  const auto lion = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                        const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Lion, LionOptions>(rows, "optim/lion.h", name, member, taken, refused);
  };
  const auto adagrad = [&](const char* name, auto member) {
    add_rows<Adagrad, AdagradOptions>(rows, "optim/adagrad.h", name, member, {0, 0.5, 2}, {-1, kInf, kNan});
  };
  const auto lr = [](auto& o) -> double& { return o.lr; };
  const auto eps = [](auto& o) -> double& { return o.eps; };
  const auto momentum = [](auto& o) -> double& { return o.momentum; };
  const auto decay = [](auto& o) -> double& { return o.weight_decay; };
  sgd("lr", lr);
  sgd("momentum", momentum);
  sgd("dampening", [](auto& o) -> double& { return o.dampening; }, {-1, 0, 0.5, 2}, {kInf, -kInf, kNan});
  sgd("weight_decay", decay);
  adam("lr", lr);
  adam(
      "betas", [](auto& o) -> double& { return o.betas[0]; }, share, no_share);
  adam(
      "betas", [](auto& o) -> double& { return o.betas[1]; }, share, no_share);
  adam("eps", eps);
  adam("weight_decay", decay);
  rmsprop("lr", lr);
  rmsprop("alpha", [](auto& o) -> double& { return o.alpha; }, {0, 0.5, 1}, {-0.1, 1.1, kNan});
  rmsprop("eps", eps);
  rmsprop("weight_decay", decay);
  rmsprop("momentum", momentum);
  adadelta("lr", lr);
  adadelta("rho", [](auto& o) -> double& { return o.rho; }, {0, 0.5, 1}, {-0.1, 1.1, kNan});
  adadelta("eps", eps);
  adadelta("weight_decay", decay);
  for (const std::size_t i : {0, 1}) {
    const auto beta = [i](auto& o) -> double& { return o.betas[i]; };
    moments("betas", beta, share, no_share);
    lion("betas", beta, share, no_share);
  }
  moments("lr", lr);
  moments("eps", eps);
  moments("weight_decay", decay);
  add_rows<NAdam, NAdamOptions>(rows, "optim/nadam.h", "momentum_decay",
                                [](auto& o) -> double& { return o.momentum_decay; }, {0, 0.5, 2}, {-1, kInf, kNan});
  lion("lr", lr);
  lion("weight_decay", decay);
  adagrad("lr", lr);
  adagrad("lr_decay", [](auto& o) -> double& { return o.lr_decay; });
  adagrad("weight_decay", decay);
  adagrad("initial_accumulator_value", [](auto& o) -> double& { return o.initial_accumulator_value; });
  adagrad("eps", eps);
  lbfgs("lr", lr, {-1, kInf, kNan});
  lbfgs("tolerance_grad", [](auto& o) -> double& { return o.tolerance_grad; });
  lbfgs("tolerance_change", [](auto& o) -> double& { return o.tolerance_change; });
  return rows;
}

std::vector<Row> schedule_rows() {
  using namespace optim;
  const auto sgd = std::make_shared<SGD>(Tensors{parameter()}, SGDOptions{.lr = 1});
  const auto plateau = [=](ReduceLROnPlateauOptions options) { ReduceLROnPlateau made(*sgd, options); };
  const Doubles zero_up{0, 0.5, 2}, refused{-1, kInf, kNan};
  return {
      {"optim/optimizer.h", "lr", [=](double v) { sgd->set_lr(v); }, zero_up, refused},
      {"optim/optimizer.h", "lr", [=](double v) { sgd->set_lr(v, 0); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { StepLR s(*sgd, 1, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { MultiStepLR s(*sgd, {1}, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { ExponentialLR s(*sgd, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "eta_min", [=](double v) { CosineAnnealingLR s(*sgd, 2, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "a", [=](double v) { InverseTimeLR s(*sgd, v, 1); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"optim/lr_scheduler.h", "b", [=](double v) { InverseTimeLR s(*sgd, 1, v); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"optim/lr_scheduler.h", "factor", [=](double v) { plateau({.factor = v}); }, {0, 0.5}, {-1, 1, kInf, kNan}},
      {"optim/lr_scheduler.h", "threshold", [=](double v) { plateau({.threshold = v}); }, zero_up, refused},
      {"optim/lr_scheduler.h", "min_lr", [=](double v) { plateau({.min_lr = v}); }, zero_up, refused},
      {"optim/lr_scheduler.h", "eps", [=](double v) { plateau({.eps = v}); }, zero_up, refused},
  };
}

}  // namespace reel::testing
