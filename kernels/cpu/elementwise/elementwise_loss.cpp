// Instantiates the CPU's loops for the pointwise losses.

#include <reel/kernels/cpu/elementwise/elementwise_loops.h>
#include <reel/kernels/loss_ops.h>

namespace reel::kernels::cpu {

extern const auto loss_loops = pointwise::instantiate(LossFunctors{});

}  // namespace reel::kernels::cpu
