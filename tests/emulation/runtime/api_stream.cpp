// Streams and events.

#include "cuda_runtime_api.h"
#include "runtime/capture.h"
#include "runtime/state.h"

using emulation::call;
using emulation::current_device;
using emulation::enqueue;
using emulation::find_stream;
using emulation::Queries;
using emulation::state;

namespace {

/// Whether a point is reached, answered as the program was told to answer.
cudaError_t query(const emulation::Point& point) {
  if (is_reached(point)) return cudaSuccess;
  if (state().queries == Queries::kNotReady) return cudaErrorNotReady;
  const cudaError_t status = finish(point);
  return status != cudaSuccess || state().queries == Queries::kReady ? status : cudaErrorNotReady;
}

/// cudaSuccess if the event is one, and not part of a capture, which the call would break.
cudaError_t check(cudaEvent_t event) {
  if (!state().events.contains(event)) return cudaErrorInvalidResourceHandle;
  if (const cudaError_t status = emulation::forbid_in_capture()) return status;
  if (!event->capture) return cudaSuccess;
  event->capture->is_valid = false;
  return cudaErrorCapturedEvent;
}

}  // namespace

cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int) {
  return call(__func__, [&] {
    if (!stream || flags > cudaStreamNonBlocking) return cudaErrorInvalidValue;
    auto made = std::make_shared<CUstream_st>(current_device(), flags == cudaStreamDefault);
    *stream = made.get();
    state().streams.emplace(made.get(), std::move(made));
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  return cudaStreamCreateWithPriority(stream, flags, 0);
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, cudaStreamDefault); }

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  return call(__func__, [&] {
    const auto at = state().streams.find(stream);
    if (at == state().streams.end()) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t status = emulation::forbid_in_capture(*stream)) return status;
    const cudaError_t status = emulation::finish(*stream);
    state().streams.erase(at);
    return status;
  });
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t status = emulation::forbid_in_capture(*queue)) return status;
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    return emulation::finish(*queue);
  });
}

cudaError_t cudaStreamQuery(cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue) return cudaErrorInvalidResourceHandle;
    if (const cudaError_t status = emulation::forbid_in_capture(*queue)) return status;
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    return query(queue->end());
  });
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue || !state().events.contains(event)) return cudaErrorInvalidResourceHandle;
    if (!event->capture && !event->point.stream) return cudaSuccess;  // never recorded
    if (queue->capture || event->capture) return emulation::wait_in_capture(*queue, *event);
    emulation::wait_for(*queue, event->point);
    return cudaSuccess;
  });
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
  return call(__func__, [&] {
    if (!event) return cudaErrorInvalidValue;
    *event = new CUevent_st(current_device(), !(flags & cudaEventDisableTiming));
    state().events.insert(*event);
    return cudaSuccess;
  });
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  return call(__func__, [&] {
    if (state().events.erase(event) == 0) return cudaErrorInvalidResourceHandle;
    delete event;
    return cudaSuccess;
  });
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = find_stream(stream);
    if (!queue || !state().events.contains(event)) return cudaErrorInvalidResourceHandle;
    if (event->device != queue->device) return cudaErrorInvalidResourceHandle;
    event->capture = queue->capture;
    event->nodes = queue->last_nodes;
    if (queue->capture) return queue->capture->is_valid ? cudaSuccess : cudaErrorStreamCaptureInvalidated;
    const auto time = std::make_shared<CUevent_st::Clock::time_point>();
    const auto note_time = [time] { *time = CUevent_st::Clock::now(); };
    if (const cudaError_t status = enqueue(*queue, {cudaGraphNodeTypeEmpty, note_time})) return status;
    event->time = time;
    event->point = queue->end();
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  return call(__func__, [&] {
    if (const cudaError_t status = check(event)) return status;
    return query(event->point);
  });
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  return call(__func__, [&] {
    if (const cudaError_t status = check(event)) return status;
    return finish(event->point);
  });
}

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  return call(__func__, [&] {
    if (!milliseconds) return cudaErrorInvalidValue;
    for (const cudaEvent_t event : {start, end}) {
      if (const cudaError_t status = check(event)) return status;
      if (!event->has_time || !event->time) return cudaErrorInvalidResourceHandle;
    }
    if (!is_reached(start->point) || !is_reached(end->point)) return cudaErrorNotReady;
    *milliseconds = std::chrono::duration<float, std::milli>(*end->time - *start->time).count();
    return cudaSuccess;
  });
}
