// Instantiates the GPU's loops for the algebraic functors.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto algebraic_loops = pointwise::instantiate(AlgebraicFunctors{});

}  // namespace reel::kernels::cuda
