#include <reel/kernels/cpu/elementwise/elementwise_loops.h>

namespace reel::kernels::cpu {

extern const auto arithmetic_loops = instantiate(ArithmeticFunctors{});

}  // namespace reel::kernels::cpu
