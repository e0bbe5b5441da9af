#pragma once

#include <cuda_runtime_api.h>

namespace reel::kernels::cuda {

/// Whether this build has code for the current device: cudaErrorNoKernelImageForDevice if not.
cudaError_t probe_kernel_image();

}  // namespace reel::kernels::cuda
