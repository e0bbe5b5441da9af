#pragma once

#include <string>

#include <cuda_runtime_api.h>

/// The CUDA runtime as the host code of this folder uses it: every call is checked where it is made.
namespace reel::kernels::cuda {

/// As many devices as any machine has.
inline constexpr int kMaxDevices = 64;

/// Throws unless `status` is cudaSuccess: an OutOfMemoryError or a DeviceError that names the call.
void check_call(cudaError_t status, const char* call);

/// "cudaErrorInvalidValue: invalid argument".
std::string describe(cudaError_t status);

/// The device that this thread's calls are about.
int current_device();
/// The stream that this thread launches on, on its current device.
cudaStream_t current_stream();
/// Makes `stream` this thread's current one on its current device; null stands for the library's own.
void set_current_stream(cudaStream_t stream);
/// The stream that the library made for a device: where work goes unless a guard says otherwise.
cudaStream_t default_stream(int device);

/// Whether this thread is recording a graph.
bool is_capturing();
/// Calls that are no part of a graph, such as cudaMalloc, are allowed while one is recorded, but CUDA must be told so.
class AllowInCapture {
 public:
  AllowInCapture() { cudaThreadExchangeStreamCaptureMode(&mode_); }
  AllowInCapture(const AllowInCapture&) = delete;
  AllowInCapture& operator=(const AllowInCapture&) = delete;
  ~AllowInCapture() { cudaThreadExchangeStreamCaptureMode(&mode_); }

 private:
  cudaStreamCaptureMode mode_ = cudaStreamCaptureModeRelaxed;
};

/// Says that the driver is about to be asked for something, or (false) that it has no device to use.
void set_used(bool used);
/// Whether this process was forked from one that had used a device: then nothing of CUDA's works here, and whatever it
/// held at the fork (memory, streams, events, graphs) is left alone.
bool is_lost();
/// Throws a DeviceError in such a process.
void forbid_if_lost();

/// Throws a DeviceError if this thread is recording a graph, which cannot hold what `what` says.
void forbid_in_capture(const char* what);

}  // namespace reel::kernels::cuda
