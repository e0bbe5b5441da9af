#pragma once

#include <functional>

#include <reel/nn/layer.h>

namespace reel::nn {

/// A function of one tensor as a layer: `nn::Functional(relu)`. Containers make one of every function they are given.
/// Copies of the layer call one function. If it holds the layer or a module that contains it, both live forever.
class Functional : public Layer<Functional> {
 public:
  Functional(NullPointer auto null) : Layer(null) {}
  /// The layer whose `forward` is this function. A ValueError if it is empty.
  explicit Functional(std::function<Tensor(const Tensor&)> function);
  Tensor forward(const Tensor& x) const { return function_(x); }

 private:
  std::function<Tensor(const Tensor&)> function_;
};

}  // namespace reel::nn
