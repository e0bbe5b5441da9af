// Instantiates the CPU's loops for the rarer activations.

#include <reel/kernels/activation_variant_ops.h>
#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto activation_variant_loops = pointwise::instantiate(ActivationVariantFunctors{});

}  // namespace reel::kernels::cpu
