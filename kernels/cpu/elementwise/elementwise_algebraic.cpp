// Instantiates the CPU's loops for the algebraic functors.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto algebraic_loops = pointwise::instantiate(AlgebraicFunctors{});

}  // namespace reel::kernels::cpu
