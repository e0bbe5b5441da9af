// Launches of kernels.

#include "cuda_runtime.h"
#include "launch_limits.h"
#include "runtime/state.h"
#include "runtime/symbol.h"

using emulation::call;
using emulation::state;

namespace emulation {
namespace {

bool exceeds(dim3 size, const std::array<int, 3>& limits) {
  const auto is_outside = [](unsigned n, int limit) { return n == 0 || n > static_cast<unsigned>(limit); };
  return is_outside(size.x, limits[0]) || is_outside(size.y, limits[1]) || is_outside(size.z, limits[2]);
}

cudaError_t check_limits(const Kernel& kernel) {
  if (exceeds(kernel.grid, kMaxGrid) || exceeds(kernel.block, kMaxBlock)) return cudaErrorInvalidConfiguration;
  if (kernel.block.x * kernel.block.y * kernel.block.z > kMaxThreads) return cudaErrorInvalidConfiguration;
  const auto allowed = state().dynamic_shared_limits.find(kernel.function);
  const bool is_allowed = allowed != state().dynamic_shared_limits.end();
  const std::size_t limit = is_allowed ? static_cast<std::size_t>(allowed->second) : kSharedMemory;
  return kernel.shared > limit ? cudaErrorInvalidValue : cudaSuccess;
}

void run(const Kernel& kernel, int device) {
  State& all = state();
  std::string report = run_kernel(kernel, all.order, all.seed + all.counts.launches);
  ++all.counts.launches;
  all.counts.threads +=
      std::uint64_t{kernel.grid.x} * kernel.grid.y * kernel.grid.z * kernel.block.x * kernel.block.y * kernel.block.z;
  if (report.empty()) report = all.device(device).memory.find_damage();
  if (report.empty()) return;
  fail_device(cudaErrorLaunchFailure, name_of(kernel.function) + ": " + report);
}

}  // namespace

cudaError_t launch_kernel(const void* function, std::function<void()> thread, dim3 grid, dim3 block, std::size_t shared,
                          cudaStream_t stream) {
  return call("cudaLaunchKernel", [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue || queue->device != current_device()) return cudaErrorInvalidResourceHandle;
    Kernel kernel{function, std::move(thread), grid, block, shared};
    if (const cudaError_t status = check_limits(kernel)) return status;
    return enqueue(*queue, {cudaGraphNodeTypeKernel,
                            [kernel = std::move(kernel), device = queue->device] { run(kernel, device); }});
  });
}

}  // namespace emulation

cudaError_t cudaFuncSetAttribute(const void* function, cudaFuncAttribute attribute, int value) {
  return call(__func__, [&] {
    if (!function) return cudaErrorInvalidDeviceFunction;
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize) return cudaSuccess;
    if (value < 0 || static_cast<std::size_t>(value) > emulation::kMaxSharedMemory) return cudaErrorInvalidValue;
    state().dynamic_shared_limits[function] = value;
    return cudaSuccess;
  });
}

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* function) {
  return call(__func__, [&] {
    if (!attributes || !function) return cudaErrorInvalidDeviceFunction;
    const auto allowed = state().dynamic_shared_limits.find(function);
    *attributes = {};
    attributes->maxThreadsPerBlock = emulation::kMaxThreads;
    attributes->maxDynamicSharedSizeBytes =
        allowed == state().dynamic_shared_limits.end() ? static_cast<int>(emulation::kSharedMemory) : allowed->second;
    return cudaSuccess;
  });
}

cudaError_t cudaFuncGetName(const char** name, const void* function) {
  return call(__func__, [&] {
    if (!name || !function) return cudaErrorInvalidValue;
    *name = emulation::symbol_of(function);
    return *name ? cudaSuccess : cudaErrorInvalidDeviceFunction;
  });
}
