#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto logical_loops = instantiate(LogicalFunctors{});

}  // namespace reel::kernels::cpu
