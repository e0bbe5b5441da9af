// Instantiates the CPU's loops for the special functions.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>
#include <reel/kernels/special_ops.h>

namespace reel::kernels::cpu {

extern const auto special_loops = pointwise::instantiate(SpecialFunctors{});

}  // namespace reel::kernels::cpu
