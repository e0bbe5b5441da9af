// Instantiates the GPU's loops for the activations.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto activation_loops = pointwise::instantiate(ActivationFunctors{});

}  // namespace reel::kernels::cuda
