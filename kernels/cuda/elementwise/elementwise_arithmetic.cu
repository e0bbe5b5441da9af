#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto arithmetic_loops = instantiate(ArithmeticFunctors{});

}  // namespace reel::kernels::cuda
