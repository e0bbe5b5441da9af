// The layer that calls a function.

#include <reel/nn/function_layer.h>

#include <reel/tensor/core/check.h>

namespace reel::nn {

Functional::Functional(std::function<Tensor(const Tensor&)> function) : function_(std::move(function)) {
  check<ValueError>(static_cast<bool>(function_), "Functional: expected a function, got an empty one");
}

}  // namespace reel::nn
