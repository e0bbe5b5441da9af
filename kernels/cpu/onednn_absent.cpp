// What stands in oneDNN's place in builds without it: no algorithm of oneDNN is ever chosen there.

#include <reel/kernels/cpu/conv/conv_algorithms.h>
#include <reel/kernels/cpu/gemm/gemm_algorithms.h>
#include <reel/kernels/cpu/onednn_support.h>

namespace reel::kernels::cpu {

const OneDnnSupport& onednn_support() {
  static constexpr OneDnnSupport none;
  return none;
}

bool convolution::run_onednn(const ConvArgs&) { return false; }
bool convolution::run_onednn(const ConvInputGradArgs&) { return false; }
bool convolution::run_onednn(const ConvWeightGradArgs&) { return false; }

void product::run_onednn_matmul(const GemmArgs& args, int) { run_without_onednn(args); }
void product::run_onednn_sgemm(const GemmArgs& args, int) { run_without_onednn(args); }

}  // namespace reel::kernels::cpu
