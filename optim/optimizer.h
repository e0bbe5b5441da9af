#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include <reel/tensor/core/option.h>
#include <reel/tensor/tensor.h>

namespace reel::optim {

/// Named tensors, as files store them (nn::StateDict).
using StateDict = std::map<std::string, Tensor>;

/// What may stand for a learning rate: `optim::SGD(net.parameters(), 0.1)`.
template <class T>
concept Number = std::is_arithmetic_v<T>;

/// Parameters that share their options: `{net.biases(), {.lr = 0.1}}`.
template <class Options> struct ParamGroup {
  Tensors params;        ///< Each of them in one group only.
  Options options = {};  ///< May change between steps.
};

/// Checks options in the name of an optimizer.
struct OptionCheck {
  std::string_view optimizer;  ///< The name.

  /// Throws a ValueError unless `ok`: `require(rho >= 0 && rho <= 1, "rho", "in [0, 1]", rho)`.
  void operator()(bool ok, std::string_view option, std::string_view expected, double value) const;
  /// Throws a ValueError unless the value is in `range`.
  void operator()(std::string_view option, double value, const detail::NumberRange& range) const;
};

/// The shape of a state tensor for a parameter's shape; nothing where such a parameter has none.
using StateShape = std::optional<Shape> (*)(const Shape& param);

/// A tensor that an optimizer keeps for each parameter, of its dtype (f32 for half floats) and, unless `shape` says
/// otherwise, of its shape and layout.
template <class Options> struct StateTensor {
  const char* name;                             ///< Its key in the state.
  bool (*needed)(const Options&) = nullptr;     ///< Whether a step with these options needs it; null: every step does.
  double (*initial)(const Options&) = nullptr;  ///< What it is filled with at first; null: zeros.
  StateShape shape = nullptr;                   ///< Its shape; null: the parameter's.
};

/// Whether the GPU has skipped a recorded step in its last run.
class SkipFlag {
 public:
  /// Of the number that the recorded step reads: it is skipped where that is not 0.
  explicit SkipFlag(Tensor number) : number_(std::move(number)) {}
  /// The answer. The first call after a run waits for the GPU.
  bool skipped();
  /// To be called before each run.
  void forget() { known_.reset(); }

 private:
  Tensor number_;
  std::optional<bool> known_;
};

/// What an optimizer keeps for one parameter.
struct ParamState {
  Tensor param;        ///< The parameter itself.
  Tensor master = {};  ///< Its value in f32, with `keep_master_weights`; else undefined.
  /// The version of the parameter that the master is of; none for one that was loaded. After another change of the
  /// parameter, by hand or by loading weights, the master is made anew.
  std::optional<std::uint32_t> master_version = {};
  std::int64_t step = 0;  ///< The steps it has taken. In `CustomOptimizer::update` they include the current one.
  std::vector<std::pair<std::string_view, Tensor>> tensors = {};  ///< By name; undefined until a step needs them.
  /// Of the last step, if it was a recorded one that may be skipped: then `step` counts it until `settle`.
  std::shared_ptr<SkipFlag> skip = {};

  /// Takes back the count of the last step if the GPU has skipped it, which may wait for the GPU.
  void settle();

  /// The state tensor of this name. A ValueError if the optimizer has none.
  const Tensor& operator[](std::string_view name) const;
};

/// A parameter's part in a step.
struct ParamUpdate {
  std::size_t group;                         ///< Whose options hold.
  Tensor param, grad;                        ///< In the same layout, as are the tensors of the state; of half floats
                                             ///< their values in f32.
  const std::shared_ptr<ParamState>& state;  ///< Its `step` does not include this step: `update_all` counts it.
  bool first;                                ///< Whether a state tensor was made for this step.
  Tensor skip = {};  ///< An f32 scalar on the parameter's device: the step changes nothing where it is another number
                     ///< than 0. Only in recorded steps.
};

/// The base of all optimizers: changes parameters in place so that an objective falls, given the gradients that
/// `backward` left in `grad()`.
///
/// `step()` is all or nothing: options are checked and memory is allocated before the first parameter changes. It never
/// touches `grad()`. Parameters without a gradient are skipped, and keep their state. Parameters may have any dense
/// layout and may move to another device or dtype between steps; their state follows.
///
/// Half floats are updated in f32, and so is their state; then they are rounded. A change that is smaller than half the
/// distance between neighbouring half floats is lost unless `keep_master_weights` keeps the values in f32 as well.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// The optimizer's name, as errors show it.
  std::string_view name() const { return name_; }
  /// Updates every parameter that has a gradient.
  void step();
  /// The same unless `skip`, an f32 scalar on the parameters' device, is another number than 0: as part of a recorded
  /// step (cuda::Graph) this is decided on the GPU in each replay. A skipped step does not count; to know that, each
  /// replay waits for the one before, as do `state_dict` and the next step that is not recorded.
  void step_unless(const Tensor& skip);
  /// Keeps an f32 copy of every parameter that is a half float, made from it in its next step. Steps update the copy
  /// and round the parameter to it, so that small changes add up (Micikevicius et al. 2018). It is part of the state.
  void keep_master_weights(bool keep = true) { keep_master_ = keep; }
  /// Clears the gradients: undefined, or zeros in the memory that they have, off the tape.
  void zero_grad(bool set_to_none = true) const;

  /// How many groups there are.
  std::size_t num_groups() const { return group_count(); }
  /// The parameters of a group.
  const Tensors& params(std::size_t group = 0) const;
  /// A group's learning rate: finite and not negative, or it is a ValueError and nothing has changed.
  double lr(std::size_t group = 0) const;
  void set_lr(double lr, std::size_t group);
  /// Sets the learning rate of all groups.
  void set_lr(double lr);
  /// A group's option `momentum`, or the first of Adam's `betas`; nothing where the optimizer has neither.
  std::optional<double> momentum(std::size_t group = 0) const;
  /// Sets it. A ValueError where there is none, or that makes no sense; then nothing has changed.
  void set_momentum(double momentum, std::size_t group);

  /// The options of the groups ("group.0.lr", f64 scalars on the CPU) and the state of the parameters
  /// ("state.3.exp_avg", "state.3.step"), numbered through all groups as in PyTorch. The tensors are the optimizer's
  /// own: save or clone them before the next step or load. A parameter that has not stepped has no state.
  virtual StateDict state_dict() const;
  /// Takes over options and state of an optimizer of the same kind with the same groups; the tensors are copied. Keys
  /// that are missing, unknown or do not fit are errors, and then nothing has changed. State of parameters that have
  /// left the groups is dropped.
  ///
  /// State tensors are overwritten in place, so that a step recorded before (cuda::Graph) goes on from what was loaded.
  /// Capture it again if a parameter has moved or gets no state, if parameters no longer agree in their number of
  /// steps, or if options other than the learning rate differ.
  virtual void load_state_dict(const StateDict& state);

 protected:
  /// A state tensor's name and shape, and whether every parameter that has stepped has one.
  struct StateKey {
    std::string_view name;  ///< Its key in the state.
    bool always;            ///< Whether a state without it is broken.
    StateShape shape;       ///< Null: the parameter's shape.

    /// The shape for a parameter; nothing if it has no such tensor.
    std::optional<Shape> shape_for(const Tensor& param) const;
    /// A tensor for a parameter, with its elements undefined.
    Tensor empty_for(const Tensor& param) const;
  };
  /// The options of a group by name; truth values are 0 and 1.
  using OptionValues = std::vector<std::pair<std::string, double>>;

  /// For optimizers with these state tensors.
  Optimizer(std::string_view name, std::vector<StateKey> keys) : name_(name), keys_(std::move(keys)) {}

  /// The groups, which the derived class holds.
  virtual std::size_t group_count() const = 0;
  virtual const Tensors& group_params(std::size_t group) const = 0;
  virtual double group_lr(std::size_t group) const = 0;
  virtual void set_group_lr(std::size_t group, double lr) = 0;
  virtual OptionValues option_values(std::size_t group) const = 0;
  /// Takes over the options of all groups, or throws and changes none.
  virtual void set_option_values(std::span<const OptionValues> values) = 0;
  /// Throws a ValueError for options that make no sense.
  virtual void check_options(std::size_t group) const = 0;
  /// What each state tensor is filled with at first; nothing where the group's options do without it.
  virtual std::vector<std::optional<double>> initial_state(std::size_t group) const = 0;
  /// Whether a step can be part of a recorded step; if not, it is a DeviceError there.
  virtual bool can_be_recorded() const { return true; }
  /// Updates parameters and state in place, and counts the steps. Everything that the step needs is there. Where it
  /// throws, a parameter whose step is not counted must be as it was.
  virtual void update_all(std::span<const ParamUpdate> updates) = 0;

  /// The error of a recorded step whose group is gone.
  [[noreturn]] static void fail_recorded_group(std::string_view optimizer, std::size_t group, std::size_t count);
  /// Finds or makes the states of the groups' parameters, after checking these: at least one, all defined, floating and
  /// leaves, none twice.
  void find_states();

 private:
  struct NewTensor;
  struct Rounding;

  static bool has_layout_of(const Tensor& tensor, const Tensor& other);
  static bool is_in_place(const Tensor& tensor, const StateKey& key, const Tensor& param);
  void take_step(const Tensor& skip);
  std::vector<ParamUpdate> prepare_step(std::vector<NewTensor>& made, std::vector<Rounding>& rounded);
  Tensor working_copy(const Tensor& param, ParamState& state, std::vector<Rounding>& rounded) const;
  ParamState new_state(const Tensor& param) const;
  ParamState take_state(StateDict& rest, std::size_t number, const Tensor& param) const;

  std::string_view name_;
  std::vector<StateKey> keys_;
  bool keep_master_ = false;
  // The states of the groups' parameters, and of those that have stepped and left: they may come back. A state keeps
  // its parameter alive, so that no other tensor gets the same address. Recorded steps share the states.
  std::unordered_map<const TensorImpl*, std::shared_ptr<ParamState>> state_of_;
  std::vector<std::shared_ptr<ParamState>> states_;  // those of the groups' parameters as of the last check, in order
};

/// An optimizer with groups of `Options`: an aggregate of numbers and truth values with
///
/// - a member `lr`,
/// - a static function `visit(options, f)` that calls f(name, member) for every member, for the state that is saved,
/// - if any value makes no sense, a member `check(const OptionCheck& require) const`. That no option is NaN and that
///   `lr` is finite and not negative is checked without it.
template <class Options> class OptimizerOf : public Optimizer {
 public:
  /// Parameters and their options.
  using Group = ParamGroup<Options>;

  /// The groups; their options may change between steps, `sgd.groups()[0].options.momentum = 0.9`, and parameters may
  /// come and go: the next `step` checks them as the constructor does, before anything changes.
  std::vector<Group>& groups() { return *groups_; }
  const std::vector<Group>& groups() const { return *groups_; }
  /// Adds a group, as `groups().push_back` does, and checks it at once: an error leaves the groups as they were.
  void add_param_group(Group group) {
    groups().push_back(std::move(group));
    try {
      check_groups();
    } catch (...) {
      groups().pop_back();
      throw;
    }
  }
  /// The options of a group.
  Options& options(std::size_t group = 0) { return groups().at(group).options; }
  const Options& options(std::size_t group = 0) const { return groups().at(group).options; }

 protected:
  /// Checks and takes over the groups. The names are kept by reference: string literals.
  OptimizerOf(std::string_view name, std::vector<StateTensor<Options>> state, std::vector<Group> groups)
      : Optimizer(name, keys_of(state)),
        state_(std::move(state)),
        groups_(std::make_shared<std::vector<Group>>(std::move(groups))) {
    check_groups();
  }

  /// Checks the groups' parameters and options, as each step does before anything changes.
  void check_groups() {
    find_states();
    for (const Group& group : groups()) check_values(group.options);
  }

  /// A function that gives the present options of a group, even when the optimizer is gone: for recorded steps. An
  /// IndexError if there is no such group any more.
  auto lasting_options() const {
    return [groups = groups_, name = this->name()](std::size_t group) -> const Options& {
      if (group >= groups->size()) fail_recorded_group(name, group, groups->size());
      return (*groups)[group].options;
    };
  }

 private:
  // What the base asks of the groups.
  std::size_t group_count() const final { return groups().size(); }
  const Tensors& group_params(std::size_t group) const final { return groups()[group].params; }
  double group_lr(std::size_t group) const final { return groups()[group].options.lr; }
  void set_group_lr(std::size_t group, double lr) final { groups()[group].options.lr = lr; }
  OptionValues option_values(std::size_t group) const final {
    OptionValues values;
    Options::visit(groups()[group].options, [&](const char* option, const auto& value) {
      values.emplace_back(option, static_cast<double>(value));
    });
    return values;
  }
  void set_option_values(std::span<const OptionValues> values) final {
    std::vector<Options> changed;
    for (std::size_t g = 0; g < groups().size(); ++g) {
      Options& options = changed.emplace_back(groups()[g].options);
      auto next = values[g].begin();
      Options::visit(options, [&](const char* option, auto& value) {
        using Value = std::remove_reference_t<decltype(value)>;
        const double saved = (next++)->second;
        if constexpr (!std::is_floating_point_v<Value>) check_whole<Value>(option, saved);
        value = static_cast<Value>(saved);
      });
      check_values(options);
    }
    for (std::size_t g = 0; g < groups().size(); ++g) groups()[g].options = changed[g];
  }
  void check_options(std::size_t group) const final { check_values(groups()[group].options); }
  std::vector<std::optional<double>> initial_state(std::size_t group) const final {
    const Options& o = groups()[group].options;
    std::vector<std::optional<double>> initial(state_.size());
    for (std::size_t i = 0; i < state_.size(); ++i) {
      if (!state_[i].needed || state_[i].needed(o)) initial[i] = state_[i].initial ? state_[i].initial(o) : 0;
    }
    return initial;
  }

  static std::vector<StateKey> keys_of(const std::vector<StateTensor<Options>>& state) {
    std::vector<StateKey> keys;
    keys.reserve(state.size());
    for (const StateTensor<Options>& s : state) keys.push_back({s.name, !s.needed, s.shape});
    return keys;
  }
  void check_values(const Options& options) const {
    const OptionCheck require{name()};
    if constexpr (requires { options.check(require); }) options.check(require);
    require("lr", options.lr, detail::kFiniteAtLeastZero);
    Options::visit(options, [&](const char* option, const auto& value) {
      require(option, static_cast<double>(value), detail::kNotNan);
    });
  }
  /// Throws unless a saved number is one that the whole number or truth value `T` can be.
  template <class T> void check_whole(const char* option, double saved) const {
    constexpr bool truth = std::is_same_v<T, bool>;
    OptionCheck{name()}(Scalar(saved).fits(truth ? DType::boolean : DType::i64), option,
                        truth ? "to be 0 or 1" : "to be a whole number", saved);
  }

  std::vector<StateTensor<Options>> state_;
  std::shared_ptr<std::vector<Group>> groups_;  // recorded steps share them
};

/// The base of an optimizer of your own: one function that updates one parameter with public operations. Groups,
/// state_dict, schedules and checkpoints need no more code. Lion (Chen et al. 2023):
///
///     struct LionOptions {
///       double lr = 1e-4, beta1 = 0.9, beta2 = 0.99;
///       template <class Self, class F> static void visit(Self& o, F&& f) {
///         f("lr", o.lr);
///         f("beta1", o.beta1);
///         f("beta2", o.beta2);
///       }
///     };
///     struct Lion : optim::CustomOptimizer<LionOptions> {
///       explicit Lion(std::vector<Group> groups) : CustomOptimizer("Lion", {{"exp_avg"}}, std::move(groups)) {}
///       void update(const Tensor& param, const Tensor& grad, const ParamState& state, const LionOptions& o) override {
///         const Tensor& m = state["exp_avg"];
///         param.sub_(sign(m * o.beta1 + grad * (1 - o.beta1)), o.lr);
///         m.mul_(o.beta2).add_(grad, 1 - o.beta2);
///       }
///     };
///
///     Lion lion({{net.parameters(), {.lr = 3e-4}}});
///
/// An update that throws leaves the parameters that come after it as they were. Operations take the options as numbers,
/// which a recorded step (cuda::Graph) would never see change: `step` is a DeviceError there.
template <class Options> class CustomOptimizer : public OptimizerOf<Options> {
 protected:
  /// What `update` is given of a parameter.
  using ParamState = optim::ParamState;
  using OptimizerOf<Options>::OptimizerOf;

  /// Updates `param` and the tensors of `state` in place, off the tape; `state.step` is the number of the step, from 1.
  virtual void update(const Tensor& param, const Tensor& grad, const ParamState& state, const Options& options) = 0;

 private:
  bool can_be_recorded() const final { return false; }
  void update_all(std::span<const ParamUpdate> updates) final {
    for (const ParamUpdate& u : updates) {
      ++u.state->step;
      update(u.param, u.grad, *u.state, this->options(u.group));
    }
  }
};

}  // namespace reel::optim
