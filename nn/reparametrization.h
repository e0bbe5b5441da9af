#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

#include <reel/nn/module.h>

/// Parameters that are computed from others before each call of a layer, as PyTorch's torch.nn.utils has them (the
/// names of its checkpoints included). `layer(x)` computes the parameter anew, `layer.forward(x)` does not: the member,
/// `layer.weight`, is then what the last call used. Make the optimizer afterwards: it has other parameters to update.
/// The parameter must not be shared with another layer, and one thread at a time may call the layer.
namespace reel::nn::utils {

/// Options of spectral_norm.
struct SpectralNormOptions {
  std::int64_t n_power_iterations = 1;   ///< Steps of the power iteration for each call in training.
  double eps = 1e-12;                    ///< The smallest norm that a vector is divided by.
  std::optional<std::int64_t> dim = {};  ///< The dimension of the outputs; if not given 0, 1 for ConvTranspose layers.
};

namespace detail {
void add_weight_norm(const Module& module, const std::string& name, std::optional<std::int64_t> dim);
void add_spectral_norm(const Module& module, const std::string& name, const SpectralNormOptions& options);
void remove_reparametrization(Module module, const std::string& kind, const std::string& name);
}  // namespace detail

/// Replaces the parameter `name` by its direction v, `name`_v, and length g, `name`_g (Salimans and Kingma 2016): it is
/// g v / |v|. There is a length for each index of `dim`, or one for all without a dimension. Returns the module:
/// `nn::utils::weight_norm(nn::Linear(20, 40))`.
template <std::derived_from<Module> M>
M weight_norm(M module, const std::string& name = "weight", std::optional<std::int64_t> dim = 0) {
  detail::add_weight_norm(module, name, dim);
  return module;
}
/// Makes the parameter, as it is now, one of the module again. A ValueError if there is no weight_norm of it.
template <std::derived_from<Module> M> M remove_weight_norm(M module, const std::string& name = "weight") {
  detail::remove_reparametrization(module, "weight_norm", name);
  return module;
}

/// Divides the parameter `name` by its largest singular value as a matrix [outputs, everything else] (Miyato et al.
/// 2018). The parameter becomes `name`_orig; the buffers `name`_u and `name`_v are estimates of the singular vectors,
/// which each call in training improves by power iteration. They start at random. Returns the module.
template <std::derived_from<Module> M>
M spectral_norm(M module, const std::string& name = "weight", const SpectralNormOptions& options = {}) {
  detail::add_spectral_norm(module, name, options);
  return module;
}
/// Makes the parameter, divided, one of the module again. A ValueError if there is no spectral_norm of it.
template <std::derived_from<Module> M> M remove_spectral_norm(M module, const std::string& name = "weight") {
  detail::remove_reparametrization(module, "spectral_norm", name);
  return module;
}

}  // namespace reel::nn::utils
