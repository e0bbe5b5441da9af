#include <reel/tensor/cuda.h>

namespace reel::cuda {

bool is_available() { return why_not().empty(); }

std::string why_not() { return "Reel was built without CUDA"; }

}  // namespace reel::cuda
