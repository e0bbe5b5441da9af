#pragma once

#include <concepts>
#include <type_traits>

namespace reel::nn {

/// Whether `Options` can begin with values of these types: options given by position, `nn::Conv2d(1, 32, 5, 1, 2)`.
/// Their fields are in PyTorch's argument order. What would be narrowed, such as 1 for a truth value, is refused.
template <class Options, class... Values>
concept PositionalOptions = sizeof...(Values) > 0 && (!std::same_as<Values, Options> && ...) &&
                            requires(const Values&... values) {
  Options{values...};
};

}  // namespace reel::nn
