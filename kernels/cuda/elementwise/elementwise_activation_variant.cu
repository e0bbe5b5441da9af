// Instantiates the GPU's loops for the rarer activations.

#include <reel/kernels/activation_variant_ops.h>
#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto activation_variant_loops = pointwise::instantiate(ActivationVariantFunctors{});

}  // namespace reel::kernels::cuda
