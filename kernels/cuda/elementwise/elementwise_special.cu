// Instantiates the GPU's loops for the special functions.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>
#include <reel/kernels/special_ops.h>

namespace reel::kernels::cuda {

extern const auto special_loops = pointwise::instantiate(SpecialFunctors{});

}  // namespace reel::kernels::cuda
