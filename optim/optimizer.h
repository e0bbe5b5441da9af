#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <reel/tensor/check.h>
#include <reel/tensor/tensor.h>

namespace reel::kernels {
struct StepArgs;
struct StepNumbers;
}  // namespace reel::kernels

namespace reel::optim {

/// Named tensors, as files store them (nn::StateDict).
using StateDict = std::map<std::string, Tensor>;

/// Parameters that share their options: `{net.biases(), {.lr = 0.1}}`.
template <class Options> struct ParamGroup {
  Tensors params;        ///< Each of them in one group only.
  Options options = {};  ///< May change between steps.
};

/// What an optimizer keeps for one parameter.
struct ParamState {
  std::int64_t step = 0;          ///< How many steps the parameter has taken.
  std::array<Tensor, 3> buffers;  ///< Of the parameter's shape, dtype and layout; undefined until needed.
};

/// The base of all optimizers: changes parameters in place so that an objective falls, given the gradients that
/// `backward` left in `grad()`.
///
/// `step()` is all or nothing: options are checked and memory is allocated before the first parameter changes. It never
/// touches `grad()`. Parameters without a gradient are skipped, and keep their state. Parameters may have any dense
/// layout and may move to another device or dtype between steps; their state follows.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// The optimizer's name, as errors show it.
  std::string_view name() const { return name_; }
  /// Updates every parameter that has a gradient.
  void step();
  /// Clears the gradients: undefined, or zeros in the memory that they have, off the tape.
  void zero_grad(bool set_to_none = true) const;

  /// How many groups there are.
  std::size_t num_groups() const { return group_count(); }
  /// The parameters of a group.
  const Tensors& params(std::size_t group = 0) const;
  /// A group's learning rate.
  double lr(std::size_t group = 0) const;
  void set_lr(double lr, std::size_t group);
  /// Sets the learning rate of all groups.
  void set_lr(double lr);

  /// The options of the groups ("group.0.lr", f64 scalars) and the state of the parameters ("state.3.exp_avg",
  /// "state.3.step"), numbered through all groups as in PyTorch. The tensors are the optimizer's own: save or clone
  /// them before the next step.
  StateDict state_dict() const;
  /// Takes over options and state of an optimizer of the same kind with the same groups; the tensors are copied. Keys
  /// that are missing, unknown or do not fit are errors, and then nothing has changed.
  void load_state_dict(const StateDict& state);

 protected:
  /// A buffer's name, and whether every parameter that has stepped has one.
  struct BufferSpec {
    std::string_view name;  ///< Its key in the state.
    bool always;            ///< Whether a state without it is broken.
  };
  /// What a step's formula depends on beside the options. Parameters that agree in it are updated together.
  struct Moment {
    std::size_t group;                               ///< Whose options hold.
    std::int64_t step;                               ///< The number of the step, from 1.
    bool fresh;                                      ///< Whether the first buffer was not there before.
    Device device;                                   ///< Where the parameters are.
    bool operator==(const Moment&) const = default;  ///< Whether they agree.
  };
  /// A parameter's part of a step: its gradient in its own layout, its state with the step already counted.
  struct Job {
    Moment moment;               ///< When it is.
    Tensor param, grad;          ///< In the same layout.
    ParamState state;            ///< What will be in the slot after the step.
    ParamState* slot = nullptr;  ///< What is there before it.
  };
  /// The options of a group by name; truth values are 0 and 1.
  using OptionValues = std::vector<std::pair<std::string, double>>;

  /// For optimizers with these buffers.
  Optimizer(std::string_view name, std::vector<BufferSpec> buffers) : name_(name), buffers_(std::move(buffers)) {}

  /// The groups, which the derived class holds.
  virtual std::size_t group_count() const = 0;
  virtual const Tensors& group_params(std::size_t group) const = 0;
  virtual double group_lr(std::size_t group) const = 0;
  virtual void set_group_lr(std::size_t group, double lr) = 0;
  virtual OptionValues option_values(std::size_t group) const = 0;
  virtual void set_option_values(std::size_t group, const OptionValues& values) = 0;
  /// Throws a ValueError for options that make no sense.
  virtual void check_options(std::size_t group) const = 0;
  /// Allocates the buffers that the step needs (`ensure`).
  virtual void prepare(Job& job) const = 0;
  /// The numbers of a step that depend on more than constant options: all that differs when a recorded step is
  /// replayed.
  virtual kernels::StepNumbers numbers(const Moment& moment) const = 0;
  /// Updates parameters and buffers; must not fail.
  virtual void update(const Moment& moment, const kernels::StepArgs& args) const = 0;

  /// Checks the groups' parameters: at least one, all defined, floating and leaves, none twice.
  void check_params() const;
  /// Makes buffer i of the job's state, filled with `value`, or brings it into the parameter's layout.
  void ensure(Job& job, std::size_t i, double value = 0) const;
  /// Throws a ValueError that names the optimizer and the option unless `ok`.
  void require(bool ok, std::string_view option, std::string_view expected, double value) const;

 private:
  struct Batch;

  const double* refreshed_numbers(const Batch& batch, const kernels::StepNumbers& now);
  Job make_job(std::size_t group, const Tensor& param, const Tensor& grad);
  ParamState load_param(const StateDict& state, std::size_t number, const Tensor& param,
                        std::vector<std::string>& known) const;

  std::string_view name_;
  std::vector<BufferSpec> buffers_;
  // By identity of the tensor. The groups keep the tensors alive, and `owners_` those that have left the groups, so
  // that an address is never reused.
  std::unordered_map<const TensorImpl*, ParamState> state_;
  std::vector<Tensor> owners_;
};

/// An optimizer with groups of `Options`, an aggregate with a member `lr` and a static function `visit(options, f)`
/// that calls f(name, member) for every member.
template <class Options> class OptimizerOf : public Optimizer {
 public:
  /// Parameters and their options.
  using Group = ParamGroup<Options>;

  /// The groups; their options may change between steps, `sgd.groups()[0].options.momentum = 0.9`, and parameters may
  /// come and go: the next `step` checks them as the constructor does, before anything changes.
  std::vector<Group>& groups() { return groups_; }
  const std::vector<Group>& groups() const { return groups_; }
  /// The options of a group.
  Options& options(std::size_t group = 0) { return groups_.at(group).options; }
  const Options& options(std::size_t group = 0) const { return groups_.at(group).options; }

 protected:
  /// Checks and takes over the groups.
  OptimizerOf(std::string_view name, std::vector<BufferSpec> buffers, std::vector<Group> groups)
      : Optimizer(name, std::move(buffers)), groups_(std::move(groups)) {
    check_params();
  }

  /// What the base asks of the groups.
  std::size_t group_count() const final { return groups_.size(); }
  const Tensors& group_params(std::size_t group) const final { return groups_[group].params; }
  double group_lr(std::size_t group) const final { return groups_[group].options.lr; }
  void set_group_lr(std::size_t group, double lr) final { groups_[group].options.lr = lr; }
  OptionValues option_values(std::size_t group) const final {
    OptionValues values;
    Options::visit(groups_[group].options, [&](const char* option, const auto& value) {
      values.emplace_back(option, static_cast<double>(value));
    });
    return values;
  }
  /// Takes them over, in the order in which option_values gives them.
  void set_option_values(std::size_t group, const OptionValues& values) final {
    std::size_t i = 0;
    Options::visit(groups_[group].options, [&](const char*, auto& value) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(values[i++].second);
    });
  }

 private:
  std::vector<Group> groups_;
};

}  // namespace reel::optim
