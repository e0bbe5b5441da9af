#include <reel/kernels/cpu/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto exponential_loops = instantiate(ExponentialFunctors{});

}  // namespace reel::kernels::cpu
