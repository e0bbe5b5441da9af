#pragma once

#include <reel/nn/container.h>

namespace reel::nn {

/// Modules of any classes, each fed with what the one before it returned.
///
///     nn::Sequential net(nn::Linear(784, 500), nn::ReLU(), nn::Linear(500, 10));
///     nn::Sequential net(nn::Linear(4, 4), [](const Tensor& x) { return square(x); });
///     nn::Sequential net({{"hidden", nn::Linear(784, 500)}, {"relu", nn::ReLU()}, {"out", nn::Linear(500, 10)}});
class Sequential : public Container<Sequential> {
 public:
  /// One without modules, one of unnamed modules or functions, one of named ones.
  using Container::Container;
  Sequential() = default;
  template <class... M>
  requires(sizeof...(M) > 0 && ((TensorModule<M> || TensorFunction<M>)&&...)) explicit Sequential(M... modules) {
    (push_back(std::move(modules)), ...);
  }
  Sequential(std::initializer_list<NamedModule> modules) {
    for (const NamedModule& m : modules) push_back(m.name, m.module);
  }

  /// x through all modules.
  Tensor forward(Tensor x) const {
    for (AnyModule& module : *this) x = module(x);
    return x;
  }
};

/// Modules of any classes to be called by hand: `for (auto& block : blocks) x = block(x);`.
class ModuleList : public Container<ModuleList> {
 public:
  /// One without modules, or one of these.
  using Container::Container;
  ModuleList() = default;
  ModuleList(std::initializer_list<AnyModule> modules) {
    for (const AnyModule& m : modules) push_back(m);
  }
};

}  // namespace reel::nn
