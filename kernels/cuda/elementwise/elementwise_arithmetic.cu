// Instantiates the GPU's loops for the arithmetic functors.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto arithmetic_loops = pointwise::instantiate(ArithmeticFunctors{});

}  // namespace reel::kernels::cuda
