#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto comparison_loops = instantiate(ComparisonFunctors{});

}  // namespace reel::kernels::cuda
