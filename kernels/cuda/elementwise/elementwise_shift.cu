// Instantiates the GPU's loops for the shifts.

#include <reel/kernels/cuda/elementwise/elementwise_loops.h>
#include <reel/kernels/shift_ops.h>

namespace reel::kernels::cuda {

extern const auto shift_loops = pointwise::instantiate(ShiftFunctors{});

}  // namespace reel::kernels::cuda
