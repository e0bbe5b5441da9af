#pragma once

#include <reel/ops/arithmetic.h>

namespace reel::optim {

/// The gradient of what an optimizer with these options minimises: the other way with `maximize`, and plus
/// weight_decay * parameter, if the decay is part of it.
template <class Options>
Tensor decayed_gradient(const Tensor& param, const Tensor& grad, const Options& options, bool decay = true) {
  const Tensor g = options.maximize ? -grad : grad;
  return decay && options.weight_decay != 0 ? g + param * options.weight_decay : g;
}

}  // namespace reel::optim
