#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <reel/nn/module.h>

// What weight_norm and spectral_norm share.
namespace reel::nn::utils::detail {

/// How a parameter is computed.
struct Recipe {
  std::string kind, name;                        ///< "weight_norm", and the parameter's name.
  NamedTensors parameters, buffers;              ///< What it is computed from: new members of the module.
  std::function<Tensor(bool training)> compute;  ///< Must not hold the module.
};

/// The parameter `name`; a ValueError if there is none, or if it is computed already.
Tensor parameter_to_replace(const std::string& kind, const Module& module, const std::string& name);
/// Puts the members of the recipe in the place of `weight`, which becomes what it computes, now and before each call.
void reparametrize(Module module, const Tensor& weight, const Recipe& recipe);

}  // namespace reel::nn::utils::detail
