// Instantiates the CPU's loops for the arithmetic functors.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto arithmetic_loops = pointwise::instantiate(ArithmeticFunctors{});

}  // namespace reel::kernels::cpu
