#include <reel/kernels/cuda/elementwise/elementwise_loops.h>
#include <reel/kernels/loss_ops.h>

namespace reel::kernels::cuda {

extern const auto loss_loops = instantiate(LossFunctors{});

}  // namespace reel::kernels::cuda
