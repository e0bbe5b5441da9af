// Instantiates the CPU's loops for the elementary functions.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto function_loops = pointwise::instantiate(FunctionFunctors{});

}  // namespace reel::kernels::cpu
