// Copies between the memories of two devices.

#include <reel/kernels/copy.h>

#include <reel/kernels/cuda/runtime/caching_allocator.h>
#include <reel/kernels/cuda/runtime/deferred_error.h>
#include <reel/kernels/cuda/runtime/pinned_allocator.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/cuda.h>

namespace reel::kernels::cuda {
namespace {

/// On the source's stream, once the destination's is done with the memory.
void copy_between_gpus(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes) {
  forbid_in_capture("a copy between GPUs");
  reel::cuda::use_device(to_device.index());
  check_call(cudaStreamSynchronize(current_stream()), "cudaStreamSynchronize");
  reel::cuda::use_device(from_device.index());
  const cudaStream_t stream = current_stream();
  check_call(cudaMemcpyPeerAsync(to, to_device.index(), from, from_device.index(), bytes, stream),
             "cudaMemcpyPeerAsync");
  check_call(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
}

}  // namespace

void transfer(void* to, Device to_device, const void* from, Device from_device, std::size_t bytes, bool non_blocking) {
  const bool from_host = from_device.is_cpu(), to_host = to_device.is_cpu();
  if (!from_host && !to_host) return copy_between_gpus(to, to_device, from, from_device, bytes);
  reel::cuda::use_device((from_host ? to_device : from_device).index());
  const cudaStream_t stream = current_stream();
  const void* host = from_host ? from : to;
  const bool pinned = pinned_allocator().record_stream(host, stream);
  if (!pinned || !non_blocking) forbid_in_capture(from_host ? "a copy from the CPU" : "a copy to the CPU");
  check_call(cudaMemcpyAsync(to, from, bytes, from_host ? cudaMemcpyHostToDevice : cudaMemcpyDeviceToHost, stream),
             "cudaMemcpyAsync");
  // From ordinary memory the call returns once the data lies in a buffer of the driver's.
  if (pinned ? non_blocking : from_host) return;
  check_call(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  if (to_host) throw_deferred_error();
}

}  // namespace reel::kernels::cuda
