// spectral_norm: a parameter divided by its largest singular value.

#include <reel/autograd/tape/grad_mode.h>
#include <reel/nn/reparametrization.h>
#include <reel/nn/reparametrized.h>
#include <reel/ops/arithmetic.h>
#include <reel/ops/factories.h>
#include <reel/ops/linear_algebra.h>
#include <reel/ops/pointwise.h>
#include <reel/ops/reduction.h>
#include <reel/ops/view.h>
#include <reel/tensor/core/option.h>

namespace reel::nn::utils::detail {
namespace {

/// The weight as a matrix [outputs, everything else].
Tensor as_matrix(const Tensor& weight, std::int64_t dim) {
  return reshape(movedim(weight, {dim}, {0}), {weight.size(dim), -1});
}

Tensor normalized(const Tensor& x, double eps) { return x / clamp(norm(x), eps); }

}  // namespace

void add_spectral_norm(const Module& module, const std::string& name, const SpectralNormOptions& options) {
  using namespace reel::detail;
  const Tensor weight = parameter_to_replace("spectral_norm", module, name);
  check_at_least("spectral_norm", "n_power_iterations", options.n_power_iterations, 1);
  check_option("spectral_norm", "eps", options.eps, kPositive);
  check<ShapeError>(weight.dim() >= 1 && weight.numel() > 0,
                    "spectral_norm: expected a parameter with elements, of rank 1 or more, got shape {}",
                    weight.shape());
  const bool transposed = module.type_name().starts_with("ConvTranspose");
  const int dim = wrap_dim("spectral_norm", options.dim.value_or(transposed ? 1 : 0), weight.dim());
  const Tensor original = no_grad([&] { return weight.detach().clone(); });
  const std::int64_t outputs = original.size(dim);
  const Tensor u = normalized(randn({outputs}, original.options()), options.eps);
  const Tensor v = normalized(randn({original.numel() / outputs}, original.options()), options.eps);
  const auto compute = [=, steps = options.n_power_iterations, eps = options.eps](bool training) {
    const Tensor matrix = as_matrix(original, dim);
    if (training) {
      const NoGradGuard guard;
      for (std::int64_t i = 0; i < steps; ++i) {
        v.copy_(normalized(mv(transpose(matrix, 0, 1), u), eps));
        u.copy_(normalized(mv(matrix, v), eps));
      }
    }
    // Clones, for the next call changes the buffers while a graph may still need them.
    return original / dot(u.clone(), mv(matrix, v.clone()));
  };
  reparametrize(module, weight,
                {"spectral_norm", name, {{name + "_orig", original}}, {{name + "_u", u}, {name + "_v", v}}, compute});
}

}  // namespace reel::nn::utils::detail
