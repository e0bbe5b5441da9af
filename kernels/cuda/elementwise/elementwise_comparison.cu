// Instantiates the GPU's loops for the comparisons.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto comparison_loops = pointwise::instantiate(ComparisonFunctors{});

}  // namespace reel::kernels::cuda
