#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto algebraic_loops = instantiate(AlgebraicFunctors{});

}  // namespace reel::kernels::cuda
