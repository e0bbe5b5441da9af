#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto logical_loops = instantiate(LogicalFunctors{});

}  // namespace reel::kernels::cuda
