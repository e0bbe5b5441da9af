// Instantiates the CPU's loops for the logical functors.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto logical_loops = pointwise::instantiate(LogicalFunctors{});

}  // namespace reel::kernels::cpu
