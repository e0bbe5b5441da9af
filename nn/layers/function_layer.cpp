// The layer that calls a function.

#include <reel/nn/layers/function_layer.h>

#include <memory>
#include <utility>

#include <reel/tensor/core/check.h>

namespace reel::nn {

Functional::Functional(std::function<Tensor(const Tensor&)> function) {
  check<ValueError>(static_cast<bool>(function), "Functional: expected a function, got an empty one");
  // Copies of a layer are one layer, so they call one function, which may have a state of its own.
  function_ = [shared = std::make_shared<decltype(function)>(std::move(function))](const Tensor& x) {
    return (*shared)(x);
  };
}

}  // namespace reel::nn
