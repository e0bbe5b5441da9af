// Instantiates the GPU's loops for the pointwise losses.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>
#include <reel/kernels/loss_ops.h>

namespace reel::kernels::cuda {

extern const auto loss_loops = pointwise::instantiate(LossFunctors{});

}  // namespace reel::kernels::cuda
