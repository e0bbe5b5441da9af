// Checks whether this build has code for the current device: a kernel that is there to be asked for.

#include <reel/kernels/cuda/runtime/kernel_image.h>

#include <cuda_runtime.h>

namespace reel::kernels::cuda {
namespace {

__global__ void no_op() {}

}  // namespace

cudaError_t check_kernel_image() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, no_op);
}

}  // namespace reel::kernels::cuda
