// Current devices and streams, and the errors of failed calls of the CUDA runtime.

#include <reel/kernels/cuda/runtime/runtime.h>

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <reel/kernels/cuda/launch.h>
#include <reel/kernels/cuda/runtime/deferred_error.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/cuda_thread_streams.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/fork.h>

namespace reel::kernels::cuda {
namespace {

// Streams are made at their first use and never destroyed: nothing of CUDA's may be called when the program ends.
std::array<std::atomic<cudaStream_t>, kMaxDevices> streams{};

struct ThreadState {
  int device = 0;
  bool device_is_set = false;                       // whether CUDA knows, too: a thread begins on device 0
  std::array<cudaStream_t, kMaxDevices> streams{};  // null: the library's own
};
thread_local ThreadState state;

std::atomic<bool> used{false}, lost{false};

void lose() noexcept {
  state.device_is_set = false;
  if (used.load()) lost = true;
}
const reel::detail::ForkHook fork_hook(nullptr, &lose);

std::string demangled(const char* symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(symbol, nullptr, nullptr, &status), std::free);
  return status == 0 && name ? name.get() : symbol;
}

std::string text_of(dim3 d) {
  return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")";
}

}  // namespace

std::string describe(cudaError_t status) {
  return std::string(cudaGetErrorName(status)) + ": " + cudaGetErrorString(status);
}

void check_call(cudaError_t status, const char* call) {
  if (status == cudaSuccess) return;
  cudaGetLastError();  // an error that was reported must not come back from another call
  if (status == cudaErrorMemoryAllocation) throw OutOfMemoryError(std::string("cuda: ") + call + ": out of memory");
  throw DeviceError(std::string("cuda: ") + call + " failed with " + describe(status));
}

void detail::fail_launch(cudaError_t status, const void* kernel, dim3 grid, dim3 block, std::size_t shared) {
  cudaGetLastError();
  const char* symbol = nullptr;
  const bool named = cudaFuncGetName(&symbol, kernel) == cudaSuccess && symbol;
  throw DeviceError("cuda: the launch of " + (named ? demangled(symbol) : "a kernel") + " with grid " + text_of(grid) +
                    ", block " + text_of(block) + " and " + std::to_string(shared) +
                    " bytes of shared memory failed with " + describe(status));
}

void set_used(bool value) { used = value; }
bool is_lost() { return lost.load(std::memory_order_relaxed); }
void forbid_if_lost() {
  if (is_lost()) throw DeviceError("no GPU can be used: " + reel::cuda::unavailable_reason());
}

int current_device() { return state.device; }

cudaStream_t default_stream(int device) {
  auto& slot = streams[static_cast<std::size_t>(device)];
  cudaStream_t stream = slot.load(std::memory_order_acquire);
  if (stream) return stream;
  static std::mutex mutex;
  const std::scoped_lock lock(mutex);
  if ((stream = slot.load(std::memory_order_relaxed))) return stream;
  check_call(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  slot.store(stream, std::memory_order_release);
  return stream;
}

cudaStream_t current_stream() {
  const cudaStream_t chosen = state.streams[static_cast<std::size_t>(state.device)];
  return chosen ? chosen : default_stream(state.device);
}

void set_current_stream(cudaStream_t stream) { state.streams[static_cast<std::size_t>(state.device)] = stream; }

void read_back(void* host, const void* device, std::size_t bytes) {
  forbid_in_capture("reading a result back from the GPU");
  const cudaStream_t stream = current_stream();
  check_call(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream), "cudaMemcpyAsync");
  check_call(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  throw_deferred_error();
}

}  // namespace reel::kernels::cuda

namespace reel::cuda {

int current_device() { return kernels::cuda::state.device; }

void use_device(int index) {
  auto& state = kernels::cuda::state;
  if (state.device == index && state.device_is_set) return;
  const int count = device_count();
  if (index < 0 || index >= count) {
    throw DeviceError("device cuda:" + std::to_string(index) + " is not available: " +
                      (count == 0 ? unavailable_reason() : "there are " + std::to_string(count) + " GPUs"));
  }
  kernels::cuda::check_call(cudaSetDevice(index), "cudaSetDevice");
  state.device = index;
  state.device_is_set = true;
}

ThreadStreams thread_streams() {
  const auto& streams = kernels::cuda::state.streams;
  if (std::ranges::none_of(streams, [](cudaStream_t stream) { return stream != nullptr; })) return {};
  return {streams.begin(), streams.end()};
}

void set_thread_streams(const ThreadStreams& streams) {
  auto& current = kernels::cuda::state.streams;
  current.fill(nullptr);
  std::ranges::transform(streams, current.begin(), [](void* stream) { return static_cast<cudaStream_t>(stream); });
}

void synchronize() {
  use_device(current_device());
  kernels::cuda::forbid_in_capture("waiting for the GPU");
  kernels::cuda::check_call(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
  kernels::cuda::throw_deferred_error();
}

}  // namespace reel::cuda
