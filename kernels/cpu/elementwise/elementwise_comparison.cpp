// Instantiates the CPU's loops for the comparisons.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto comparison_loops = pointwise::instantiate(ComparisonFunctors{});

}  // namespace reel::kernels::cpu
