#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto activation_loops = instantiate(ActivationFunctors{});

}  // namespace reel::kernels::cuda
