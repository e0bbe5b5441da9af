#pragma once

#include <tuple>
#include <type_traits>

#include <reel/nn/module.h>

namespace reel::nn {

namespace detail {

template <class T> inline constexpr bool is_tensor = std::is_same_v<std::remove_cvref_t<T>, Tensor>;

/// Calls `f` with every tensor in `value`: a Tensor, a vector or tuple with tensors; nothing in other types.
template <class T, class F> void for_each_tensor(T& value, F&& f) {
  if constexpr (is_tensor<T>) {
    f(value);
  } else if constexpr (std::is_same_v<T, Tensors>) {
    for (Tensor& t : value) f(t);
  } else if constexpr (requires { std::tuple_size<T>::value; }) {
    std::apply(
        [&](auto&... items) {
          auto visit = [&](auto& item) {
            if constexpr (is_tensor<decltype(item)>) f(item);
          };
          (visit(items), ...);
        },
        value);
  }
}

template <class T> Tensors collect(T& value) {
  Tensors list;
  for_each_tensor(value, [&](Tensor& t) { list.push_back(t); });
  return list;
}

template <class T> void put_back(const Tensors& list, T& value) {
  std::size_t i = 0;
  for_each_tensor(value, [&](Tensor& t) { t = list[i++]; });
}

}  // namespace detail

/// A module that is called like a function: `layer(x)` runs the forward pre-hooks, `Derived::forward` and the forward
/// hooks. Library layers derive from it; a model may.
///
///     struct Block : nn::Layer<Block> { Tensor forward(const Tensor& x) const { ... } };
template <class Derived> class Layer : public Module {
 public:
  /// Knows the name of its class.
  Layer() { set_type_name(type_name_of(typeid(Derived))); }
  /// An empty handle: `nn::Linear fc{nullptr};`, and later `fc = register_module("fc", nn::Linear(4, 3));`. See Module.
  /// A layer of your own has them with a constructor `Block(std::nullptr_t null) : Layer(null) {}` and members that
  /// start empty, too.
  Layer(NullPointer auto null) noexcept : Module(null) {}

  /// The hooks and `forward`.
  template <class... Args> auto operator()(Args&&... args) {
    return call(static_cast<Derived&>(*this), std::forward<Args>(args)...);
  }
  /// The same for a `forward` that is const.
  template <class... Args> auto operator()(Args&&... args) const {
    return call(static_cast<const Derived&>(*this), std::forward<Args>(args)...);
  }

  /// As Module's; here `as` knows the class of this module, too.
  void apply(const std::function<void(Module&)>& function) const {
    const std::any& known = typed_handle();
    // Anew each time: in a constructor more members may follow. But not over a class that derives from this one.
    if (!known.has_value() || known.type() == typeid(Derived)) remember_class(static_cast<const Derived&>(*this));
    Module::apply(function);
  }

 private:
  template <class Self, class... Args> static auto call(Self& self, Args&&... args) {
    if (!self.has_forward_hooks()) [[likely]]
      return self.forward(std::forward<Args>(args)...);
    self.check_not_empty(typeid(Derived));
    // Tensors are copied (they are handles), so that hooks may replace them; other arguments pass through.
    std::tuple<std::conditional_t<detail::is_tensor<Args>, Tensor, Args&&>...> arguments(std::forward<Args>(args)...);
    Tensors inputs = detail::collect(arguments);
    self.run_forward_pre_hooks(inputs);
    detail::put_back(inputs, arguments);
    auto result = std::apply([&](auto&... a) { return self.forward(static_cast<decltype(a)>(a)...); }, arguments);
    Tensors outputs = detail::collect(result);
    self.run_forward_hooks(inputs, outputs);
    detail::put_back(outputs, result);
    return result;
  }
};

/// A module that is called like a function: one that derives from a Layer, of whatever class.
template <class M>
concept CallableModule = requires(const M& module) {
  []<class Derived>(const Layer<Derived>&) {}(module);
};

}  // namespace reel::nn
