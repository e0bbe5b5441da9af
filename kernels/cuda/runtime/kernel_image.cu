// A kernel that is there to be asked for.

#include <reel/kernels/cuda/runtime/kernel_image.h>

#include <cuda_runtime.h>

namespace reel::kernels::cuda {
namespace {

__global__ void probe() {}

}  // namespace

cudaError_t probe_kernel_image() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, probe);
}

}  // namespace reel::kernels::cuda
