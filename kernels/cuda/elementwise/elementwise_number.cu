// Instantiates the GPU's loops for arithmetic beyond the operators.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>
#include <reel/kernels/number_ops.h>

namespace reel::kernels::cuda {

extern const auto number_loops = pointwise::instantiate(NumberFunctors{});

}  // namespace reel::kernels::cuda
