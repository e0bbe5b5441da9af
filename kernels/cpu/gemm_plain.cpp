// The f32 product of builds without oneDNN.

#include <reel/kernels/cpu/gemm_parts.h>

namespace reel::kernels::cpu {

void gemm_f32(const GemmArgs& args) { gemm_blas<float>(args); }

}  // namespace reel::kernels::cpu
