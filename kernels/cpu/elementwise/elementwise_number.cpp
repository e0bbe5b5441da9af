// Instantiates the CPU's loops for arithmetic beyond the operators.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>
#include <reel/kernels/number_ops.h>

namespace reel::kernels::cpu {

extern const auto number_loops = pointwise::instantiate(NumberFunctors{});

}  // namespace reel::kernels::cpu
