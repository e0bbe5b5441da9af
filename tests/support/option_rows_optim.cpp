// The options of the optimizers and schedules.

#include <concepts>
#include <memory>

#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/option_rows.h"

namespace reel::testing {
namespace {

/// What the optimizer takes.
template <class Optimizer> Tensor parameter_of() {
  return std::same_as<Optimizer, optim::Muon> ? ones({2, 2}, {.requires_grad = true}) : parameter();
}

/// Rows for an option of an optimizer: given to the constructor, and changed before a step.
template <class Optimizer, class Options, class Member> void add_rows(std::vector<Row>& rows, const std::string& header,
                                                                      const std::string& option, Member member,
                                                                      const Doubles& taken, const Doubles& refused) {
  const auto constructed = [=](double v) {
    Options options;
    member(options) = v;
    Optimizer made({parameter_of<Optimizer>()}, options);
  };
  const auto changed = [=](double v) {
    const Tensor p = parameter_of<Optimizer>();
    Optimizer optimizer({p}, {});
    member(optimizer.options()) = v;
    p.set_grad(ones_like(p));
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
  const auto muon = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                        const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Muon, MuonOptions>(rows, "optim/muon.h", name, member, taken, refused);
  };
  muon("lr", lr);
  muon("weight_decay", decay);
  muon("momentum", momentum, share, no_share);
  muon("eps", eps);
  const auto adafactor = [&](const char* name, auto member, const Doubles& taken = {0, 0.5, 2},
                             const Doubles& refused = {-1, kInf, kNan}) {
    add_rows<Adafactor, AdafactorOptions>(rows, "optim/adafactor.h", name, member, taken, refused);
  };
  adafactor("lr", lr);
  adafactor("beta2_decay", [](auto& o) -> double& { return o.beta2_decay; }, {-2, -0.5, 0}, {0.1, -kInf, kNan});
  adafactor("eps1", [](auto& o) -> double& { return o.eps1; });
  adafactor("eps2", [](auto& o) -> double& { return o.eps2; });
  adafactor("d", [](auto& o) -> double& { return o.d; }, {0.5, 2}, {0, -1, kInf, kNan});
  adafactor("weight_decay", decay);
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
  const auto scaler = [](const GradScalerOptions& options) { GradScaler made(options); };
  const Doubles zero_up{0, 0.5, 2}, refused{-1, kInf, kNan};
  return {
      {"optim/optimizer.h", "lr", [=](double v) { sgd->set_lr(v); }, zero_up, refused},
      {"optim/optimizer.h", "lr", [=](double v) { sgd->set_lr(v, 0); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { StepLR s(*sgd, 1, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { MultiStepLR s(*sgd, {1}, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "gamma", [=](double v) { ExponentialLR s(*sgd, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "eta_min", [=](double v) { CosineAnnealingLR s(*sgd, 2, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "eta_min", [=](double v) { CosineAnnealingWarmRestarts s(*sgd, 2, 1, v); }, zero_up,
       refused},
      {"optim/lr_scheduler.h", "factor", [=](double v) { ConstantLR s(*sgd, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "start_factor", [=](double v) { LinearLR s(*sgd, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "end_factor", [=](double v) { LinearLR s(*sgd, 1, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "power", [=](double v) { PolynomialLR s(*sgd, 5, v); }, zero_up, refused},
      {"optim/lr_scheduler.h", "a", [=](double v) { InverseTimeLR s(*sgd, v, 1); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"optim/lr_scheduler.h", "b", [=](double v) { InverseTimeLR s(*sgd, 1, v); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"optim/lr_scheduler.h", "factor", [=](double v) { plateau({.factor = v}); }, {0, 0.5}, {-1, 1, kInf, kNan}},
      {"optim/lr_scheduler.h", "threshold", [=](double v) { plateau({.threshold = v}); }, zero_up, refused},
      {"optim/lr_scheduler.h", "min_lr", [=](double v) { plateau({.min_lr = v}); }, zero_up, refused},
      {"optim/lr_scheduler.h", "eps", [=](double v) { plateau({.eps = v}); }, zero_up, refused},
      {"optim/optimizer.h", "momentum", [=](double v) { sgd->set_momentum(v, 0); }, zero_up, refused},
      {"optim/grad_scaler.h",
       "init_scale",
       [=](double v) { scaler({.init_scale = v}); },
       {0.5, 2},
       {0, -1, kInf, kNan}},
      {"optim/grad_scaler.h",
       "growth_factor",
       [=](double v) { scaler({.growth_factor = v}); },
       {1.5},
       {1, 0.5, kInf, kNan}},
      {"optim/grad_scaler.h", "backoff_factor", [=](double v) { scaler({.backoff_factor = v}); }, {0.5}, {0, 1, kNan}},
      {"optim/grad_scaler.h", "scale", [=](double v) { GradScaler().set_scale(v); }, {0.5, 2}, {0, -1, kInf, kNan}},
      {"optim/parameter_average.h",
       "decay",
       [](double v) { ParameterAverage a({parameter()}, {.decay = v}); },
       {0, 0.5},
       {-1, 1, kInf, kNan}},
  };
}

std::vector<Row> cyclic_schedule_rows() {
  using namespace optim;
  const auto sgd = std::make_shared<SGD>(Tensors{parameter()}, SGDOptions{.lr = 1});
  const auto cycle = [=](const OneCycleLROptions& options) { OneCycleLR made(*sgd, 1, 9, options); };
  const auto cyclic = [=](const CyclicLROptions& options) { CyclicLR made(*sgd, 0, 1, options); };
  const std::string header = "optim/cyclic_lr.h";
  const Doubles zero_up{0, 0.5, 2}, positive{0.5, 2}, share{0, 0.5, 1}, refused{-1, kInf, kNan};
  const Doubles not_positive{0, -1, kInf, kNan}, no_share{-0.1, 1.1, kNan};
  return {
      {header, "max_lr", [=](double v) { OneCycleLR s(*sgd, v, 9); }, zero_up, refused},
      {header, "max_lr", [=](double v) { OneCycleLR s(*sgd, Doubles{v}, 9); }, zero_up, refused},
      {header, "pct_start", [=](double v) { cycle({.pct_start = v}); }, share, no_share},
      {header, "base_momentum", [=](double v) { cycle({.base_momentum = v}); }, share, no_share},
      {header, "max_momentum", [=](double v) { cycle({.max_momentum = v}); }, share, no_share},
      {header, "div_factor", [=](double v) { cycle({.div_factor = v}); }, positive, not_positive},
      {header, "final_div_factor", [=](double v) { cycle({.final_div_factor = v}); }, positive, not_positive},
      {header, "base_lr", [=](double v) { CyclicLR s(*sgd, v, 1); }, zero_up, refused},
      {header, "max_lr", [=](double v) { CyclicLR s(*sgd, 0, v); }, zero_up, refused},
      {header, "gamma", [=](double v) { cyclic({.gamma = v}); }, zero_up, refused},
      {header, "base_momentum", [=](double v) { cyclic({.base_momentum = v}); }, share, no_share},
      {header, "max_momentum", [=](double v) { cyclic({.max_momentum = v}); }, share, no_share},
      {header, "swa_lr", [=](double v) { SWALR s(*sgd, v); }, zero_up, refused},
  };
}

}  // namespace reel::testing
