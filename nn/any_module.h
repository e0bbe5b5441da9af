#pragma once

#include <any>
#include <typeinfo>

#include <reel/nn/layers/function_layer.h>

namespace reel::nn {

class AnyModule;

/// A module that maps one tensor to one tensor, as Sequential needs: a Layer, or any module with such a `forward`.
template <class M>
concept TensorModule = std::derived_from<M, Module> && requires(M module, const Tensor& x) {
  { module.forward(x) } -> std::convertible_to<Tensor>;
};

/// A function of one tensor, but no module: where a module is expected, it becomes a `Functional`.
template <class F>
concept TensorFunction =
    !std::derived_from<F, Module> && !std::same_as<F, AnyModule> && std::is_invocable_r_v<Tensor, F&, const Tensor&>;

/// A module of any class behind one type. Like every module it is a handle: copies refer to the same module.
class AnyModule {
 public:
  /// Any module but a bare Module.
  template <std::derived_from<Module> M>
  requires(!std::same_as<M, Module>)
      AnyModule(M module)  // NOLINTNEXTLINE(cppcoreguidelines-slicing): the Module part is a handle on the whole
      : typed_(module), module_(module) {
    Module::remember_class(module);
    if constexpr (TensorModule<M>) call_ = &call<M>;
  }
  /// A function as a module.
  template <TensorFunction F> AnyModule(F function) : AnyModule(Functional(std::move(function))) {}

  /// Runs the module, with its hooks if it is a Layer. A ValueError if it does not map one tensor to one tensor.
  Tensor operator()(const Tensor& x) {
    if (!call_) fail_call();
    return call_(typed_, x);
  }
  /// The module as the class it was made of; a ValueError for another one.
  template <class M> M& as() {
    M* typed = std::any_cast<M>(&typed_);
    if (!typed) fail_as(typeid(M));
    return *typed;
  }
  /// The part that all modules have.
  const Module& module() const { return module_; }

 private:
  template <class M> static Tensor call(std::any& typed, const Tensor& x) {
    M& module = *std::any_cast<M>(&typed);
    if constexpr (CallableModule<M>) return module(x);
    else return module.forward(x);
  }
  [[noreturn]] void fail_call() const;
  [[noreturn]] void fail_as(const std::type_info& wanted) const;

  std::any typed_;
  Module module_;
  Tensor (*call_)(std::any&, const Tensor&) = nullptr;
};

/// A name and a module, for containers: `{"fc1", nn::Linear(784, 500)}`.
struct NamedModule {
  /// The parts of the pair.
  std::string name;
  AnyModule module;
};

}  // namespace reel::nn
