#pragma once

#include <any>
#include <concepts>
#include <cstddef>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>
#include <vector>

#include <reel/tensor/tensor.h>

namespace reel::nn {

class Module;
struct ModuleState;

/// The type of `nullptr` and no other: of numbers 0 would be a null pointer, too, and `nn::Softmax(0)` ambiguous.
template <class T>
concept NullPointer = std::same_as<T, std::nullptr_t>;

/// Tensors or modules with their dotted names.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;
using NamedModules = std::vector<std::pair<std::string, Module>>;
/// The whole state of a module by dotted name: "conv1.weight", "bn1.running_mean".
using StateDict = std::map<std::string, Tensor>;

/// The keys that `load_state_dict` did not find, and those that it did not use.
struct IncompatibleKeys {
  /// Names in the module that the state lacks, and the other way round.
  std::vector<std::string> missing_keys;
  std::vector<std::string> unexpected_keys;
};

/// Sees, and may replace, the tensors among the arguments of a call before the forward runs.
using ForwardPreHook = std::function<void(const Module& module, Tensors& inputs)>;
/// Sees the tensors among the arguments, and may replace those that the forward returned.
using ForwardHook = std::function<void(const Module& module, const Tensors& inputs, Tensors& outputs)>;

/// The base of every model and layer: a handle on a registry of named parameters, buffers and child modules.
///
///     struct Net : nn::Module {
///       nn::Linear fc = register_module("fc", nn::Linear(784, 10));
///       Tensor forward(Tensor x) { return fc(flatten(x, 1)); }
///     };
///
/// Copies share the registry, as copies of a Tensor share its memory; a registered child is the Module part of the same
/// handle. There are no virtual functions: whatever works on all modules (moving, saving, printing) reads the registry.
/// A member that copies must agree on is therefore a handle (a tensor, a module) or constant after construction. For a
/// deep copy construct another model and give it the `state_dict`.
class Module {
 public:
  /// A new module; a copy is another handle on the same one. Moving copies as well.
  Module();
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  /// An empty handle, from `nullptr`: a layer that is made later, or an optional child. It can be copied, tested,
  /// printed and assigned to; any other use is a ValueError.
  Module(NullPointer auto) noexcept {}
  /// Whether there is a module.
  explicit operator bool() const { return state_ != nullptr; }

  /// Says that calling needs Layer, which knows the class whose `forward` is meant.
  template <class... Args> Tensor operator()(Args&&...) const {
    static_assert(sizeof...(Args) == static_cast<std::size_t>(-1),
                  "a module that is called like a function derives from nn::Layer: struct Net : nn::Layer<Net>; "
                  "otherwise call net.forward(x)");
    return {};
  }

  // --- building; names must not be empty, hold a '.', or be taken by another kind of member (ValueError)

  /// Makes `module` a child and returns it. A name that exists is replaced: register one layer under two names, or the
  /// layer of one model in another, and they share their weights. A module cannot contain itself (ValueError). A class
  /// with its parent as a member would keep both alive forever.
  template <std::derived_from<Module> M> M register_module(const std::string& name, M module) {
    add_child(name, module);
    if constexpr (!std::same_as<M, Module>) remember_class(module);
    return module;
  }
  /// Makes `tensor`, a leaf of floating dtype, a parameter and returns it. Undefined stands for an absent one. A name
  /// that exists is replaced.
  Tensor register_parameter(const std::string& name, const Tensor& tensor, bool requires_grad = true);
  /// Makes `tensor` part of the state, but no parameter, and returns it. Undefined stands for an absent one. A name
  /// that exists is replaced. One that is not persistent moves with the module but is not in its `state_dict`: what the
  /// constructor can make again.
  Tensor register_buffer(const std::string& name, const Tensor& tensor, bool persistent = true);

  // --- members, in the order of registration; shared ones are listed once, under their first name

  /// The parameters; with `recurse` also those of the children.
  Tensors parameters(bool recurse = true) const;
  NamedTensors named_parameters(bool recurse = true) const;
  /// The buffers likewise.
  Tensors buffers(bool recurse = true) const;
  NamedTensors named_buffers(bool recurse = true) const;
  /// The modules registered here.
  std::vector<Module> children() const;
  NamedModules named_children() const;
  /// This module (named ""), its children, their children...
  std::vector<Module> modules() const;
  NamedModules named_modules() const;
  /// The parameter, buffer or module with a dotted name, "block.conv1.weight". A ValueError if there is none.
  Tensor get_parameter(const std::string& path) const;
  Tensor get_buffer(const std::string& path) const;
  Module get_submodule(const std::string& path) const;

  // --- saving and loading

  /// Parameters and buffers by name, off the tape, sharing their memory with the module. Shared ones have an entry for
  /// each name. The names are PyTorch's.
  StateDict state_dict() const;
  /// Copies the tensors of `state` into the parameters and buffers of the same names. Shapes and dtypes must agree;
  /// with `strict` so must the names. Everything is checked first: if it throws (a ValueError that lists everything
  /// that is wrong), nothing has changed.
  IncompatibleKeys load_state_dict(const StateDict& state, bool strict = true) const;

  // --- changing the whole module

  /// Moves parameters, gradients and buffers; tensors, optimizers and copies that refer to them follow.
  void to(Device device) const;
  /// Converts parameters, gradients and buffers of floating dtype to another one.
  void to(DType dtype) const;
  void to(Device device, DType dtype) const;
  /// Switches between training and evaluation: dropout and batch norm behave differently.
  void train(bool mode = true) const;
  void eval() const { train(false); }
  bool is_training() const;
  /// Clears the gradients, or fills them with zeros and takes them off the tape.
  void zero_grad(bool set_to_none = true) const;
  /// Whether the parameters take part in training.
  void requires_grad_(bool value = true) const;
  /// Calls `function` for every module, children first.
  void apply(const std::function<void(Module&)>& function) const;

  // --- hooks: they run when a Layer is called, `layer(x)`, not on `layer.forward(x)`

  /// Adds a hook; hooks run in the order of registration. Returns a handle for `remove_hook`. A hook is one object
  /// until it is removed, so it may have a state of its own. It may remove itself and others, which run no more, and
  /// register new ones, which run from the next call on. A hook that holds the module, or one that contains it, keeps
  /// both alive until it is removed: use its argument instead.
  std::size_t register_forward_pre_hook(ForwardPreHook hook) const;
  std::size_t register_forward_hook(ForwardHook hook) const;
  void remove_hook(std::size_t handle) const;

  // --- identity and printing

  /// Whether both are handles on the same module.
  bool is_same(const Module& other) const { return state_ == other.state_; }
  /// The module as the class that it was registered as, if that is M:
  /// `if (auto conv = module.as<nn::Conv2d>()) nn::init::kaiming_normal_(conv->weight);`. M is exactly that class,
  /// not a base of it. A module without a parent is known by its class where `apply` is called on it, if it is a Layer.
  template <std::derived_from<Module> M>
  requires(!std::same_as<M, Module>) std::optional<M> as()
  const {
    const M* typed = std::any_cast<M>(&typed_handle());
    if (!typed) return std::nullopt;
    M module = *typed;
    static_cast<Module&>(module) = *this;
    return module;
  }
  /// The name of the class, without namespaces: "Conv2d".
  const std::string& type_name() const;

 protected:
  /// What printing shows between the parentheses: "in_features=3, out_features=4".
  void set_extra_text(std::string text);
  void set_type_name(const std::string& name);
  /// Whether a child has this name. It may be a second name of a shared child, which `named_children` leaves out.
  bool has_child(std::string_view name) const;
  /// The last part of the name of a C++ type.
  static std::string type_name_of(const std::type_info& type);

  /// Keeps a handle of the module's class for `as`, and the name of the class. The kept handle is empty: one on the
  /// module itself would keep the module alive.
  template <class M> static void remember_class(const M& module) {
    std::any typed;
    if constexpr (std::copy_constructible<M>) {
      M copy = module;
      static_cast<Module&>(copy).state_ = nullptr;
      typed = std::move(copy);
    }
    static_cast<const Module&>(module).set_class(typeid(M), std::move(typed));
  }
  /// What `remember_class` has kept; empty before.
  const std::any& typed_handle() const;

  /// For Layer, which calls them. An empty handle counts as one with hooks, so that a call need not ask for both.
  bool has_forward_hooks() const;
  void check_not_empty(const std::type_info& type) const;
  void run_forward_pre_hooks(Tensors& inputs) const;
  void run_forward_hooks(const Tensors& inputs, Tensors& outputs) const;

 private:
  friend class AnyModule;
  friend ModuleState& state_of(const Module& module);
  template <std::derived_from<Module> M> friend std::string to_string(const M& module);
  friend std::string to_string(const Module& module);

  void add_child(const std::string& name, const Module& module);
  void set_class(const std::type_info& type, std::any typed) const;
  /// Calls `visit` for every parameter and persistent buffer under each of its names.
  void visit_tensors(const std::string& prefix,
                     const std::function<void(const std::string& name, const Tensor& tensor)>& visit) const;
  std::string describe(const std::string& name) const;

  /// The registry; a ValueError if the handle is empty.
  ModuleState& state() const {
    if (!state_) [[unlikely]]
      fail_empty("Module");
    return *state_;
  }
  [[noreturn]] static void fail_empty(std::string_view type);

  std::shared_ptr<ModuleState> state_;  // null: an empty handle
};

/// The module and its children as PyTorch prints them, one child a line.
std::string to_string(const Module& module);
template <std::derived_from<Module> M> std::string to_string(const M& module) {
  return module.describe(Module::type_name_of(typeid(M)));
}
/// Prints to_string(module).
template <std::derived_from<Module> M> std::ostream& operator<<(std::ostream& out, const M& module) {
  return out << to_string(module);
}

}  // namespace reel::nn
