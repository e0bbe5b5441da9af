// Streams and events.

#include <reel/tensor/core/cuda_stream.h>

#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include <reel/kernels/cuda/runtime/caching_allocator.h>
#include <reel/kernels/cuda/runtime/deferred_error.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/cuda.h>

namespace reel::cuda {
namespace {

using kernels::cuda::check_call;

// What CUDA is asked with. A forked child has handles, but no CUDA.
cudaStream_t raw(const Stream& stream) {
  kernels::cuda::forbid_if_lost();
  return static_cast<cudaStream_t>(stream.handle());
}
cudaEvent_t raw_event(void* event) {
  kernels::cuda::forbid_if_lost();
  return static_cast<cudaEvent_t>(event);
}

/// The streams that a device has beside the library's own, made when first needed and handed out in turn.
cudaStream_t next_stream(int device) {
  struct Set {
    std::array<cudaStream_t, 32> streams{};
    std::size_t next = 0;
  };
  static std::mutex mutex;
  static std::array<Set, kernels::cuda::kMaxDevices> sets{};
  const std::scoped_lock lock(mutex);
  Set& set = sets[static_cast<std::size_t>(device)];
  cudaStream_t& stream = set.streams[set.next++ % set.streams.size()];
  if (!stream) check_call(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return stream;
}

/// Makes a device the current one; the stream that its work goes to.
Stream switch_to(Device device) {
  use_device(device.index());
  return Stream::current();
}

Device ready_device() {
  use_device(current_device());
  return Device::cuda(current_device());
}

}  // namespace

Stream::Stream() : device_(ready_device()), handle_(next_stream(device_.index())) {}

Stream Stream::current() {
  const Device device = ready_device();
  return {device, kernels::cuda::current_stream()};
}

Stream Stream::default_stream() {
  const Device device = ready_device();
  return {device, kernels::cuda::default_stream(device.index())};
}

void Stream::synchronize() const {
  kernels::cuda::forbid_in_capture("waiting for a stream");
  check_call(cudaStreamSynchronize(raw(*this)), "cudaStreamSynchronize");
  kernels::cuda::throw_deferred_error();
}

bool Stream::query() const {
  const cudaError_t status = cudaStreamQuery(raw(*this));
  if (status == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  check_call(status, "cudaStreamQuery");
  return true;
}

void Stream::wait(const Event& event) const {
  check_call(cudaStreamWaitEvent(raw(*this), raw_event(event.handle_), 0), "cudaStreamWaitEvent");
}

StreamGuard::StreamGuard(const Stream& stream) : former_device_(current_device()), former_(switch_to(stream.device())) {
  kernels::cuda::set_current_stream(raw(stream));
}

StreamGuard::~StreamGuard() {
  if (kernels::cuda::is_lost()) return;
  const bool own = raw(former_) == kernels::cuda::default_stream(former_.device().index());
  kernels::cuda::set_current_stream(own ? nullptr : raw(former_));
  use_device(former_device_);
}

Event::Event() {
  ready_device();
  cudaEvent_t event = nullptr;
  check_call(cudaEventCreate(&event), "cudaEventCreate");
  handle_ = event;
}
Event::Event(Event&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Event& Event::operator=(Event&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Event::~Event() {
  if (handle_ && !kernels::cuda::is_lost()) cudaEventDestroy(raw_event(handle_));
}

void Event::record() { record(Stream::current()); }
void Event::record(const Stream& stream) {
  check_call(cudaEventRecord(raw_event(handle_), raw(stream)), "cudaEventRecord");
}

bool Event::query() const {
  const cudaError_t status = cudaEventQuery(raw_event(handle_));
  if (status == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  check_call(status, "cudaEventQuery");
  return true;
}

void Event::synchronize() const {
  kernels::cuda::forbid_in_capture("waiting for an event");
  check_call(cudaEventSynchronize(raw_event(handle_)), "cudaEventSynchronize");
}

double Event::elapsed_ms(const Event& since) const {
  since.synchronize();
  synchronize();
  float ms = 0;
  check_call(cudaEventElapsedTime(&ms, raw_event(since.handle_), raw_event(handle_)), "cudaEventElapsedTime");
  return static_cast<double>(ms);
}

void record_stream(void* data, const Stream& stream) {
  if (kernels::cuda::is_lost()) return;  // nor will the memory be handed out again
  kernels::cuda::caching_allocator(stream.device().index()).record_stream(data, raw(stream));
}

}  // namespace reel::cuda
