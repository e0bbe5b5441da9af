// Instantiates the GPU's loops for the elementary functions.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto function_loops = pointwise::instantiate(FunctionFunctors{});

}  // namespace reel::kernels::cuda
