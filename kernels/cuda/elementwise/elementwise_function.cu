#include <reel/kernels/cuda/elementwise/elementwise_loops.h>

namespace reel::kernels::cuda {

extern const auto function_loops = instantiate(FunctionFunctors{});

}  // namespace reel::kernels::cuda
