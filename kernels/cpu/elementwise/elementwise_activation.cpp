// Instantiates the CPU's loops for the activations.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto activation_loops = pointwise::instantiate(ActivationFunctors{});

}  // namespace reel::kernels::cpu
