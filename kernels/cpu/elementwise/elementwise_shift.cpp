// Instantiates the CPU's loops for the shifts.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>
#include <reel/kernels/shift_ops.h>

namespace reel::kernels::cpu {

extern const auto shift_loops = pointwise::instantiate(ShiftFunctors{});

}  // namespace reel::kernels::cpu
