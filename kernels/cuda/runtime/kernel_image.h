#pragma once

#include <cuda_runtime_api.h>

namespace reel::kernels::cuda {

/// cudaSuccess if this build has code for the current device, else cudaErrorNoKernelImageForDevice.
cudaError_t check_kernel_image();

}  // namespace reel::kernels::cuda
