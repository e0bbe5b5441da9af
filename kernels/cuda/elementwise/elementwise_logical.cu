// Instantiates the GPU's loops for the logical functors.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto logical_loops = pointwise::instantiate(LogicalFunctors{});

}  // namespace reel::kernels::cuda
