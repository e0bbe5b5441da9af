// Queues, and running what is in them.

#include "runtime/stream.h"

#include <utility>

#include "runtime/capture.h"
#include "runtime/state.h"

namespace emulation {
namespace {

/// As on a GPU, a program that is this far ahead waits: whatever is queued is not for ever.
constexpr std::size_t kMaxQueued = 1024;

struct CloseMemory {
  ~CloseMemory() {
    for (const auto& device : state().devices) device->memory.close();
  }
};

void run_until(const Point& point) {
  if (!point.stream) return;
  CUstream_st& stream = *point.stream;
  while (stream.done < point.position && state().sticky_error == cudaSuccess) {
    const CUstream_st::Entry& entry = stream.queue.front();
    for (const Point& earlier : entry.after) run_until(earlier);
    perform(entry.operation);
    stream.queue.pop_front();
    ++stream.done;
  }
}

/// What legacy rules order before anything new in a stream: the default stream and all others that did not opt out wait
/// for each other.
std::vector<Point> legacy_dependencies(CUstream_st& stream) {
  std::vector<Point> after;
  const auto add = [&](CUstream_st& other) {
    if (!is_reached(other.end())) after.push_back(other.end());
  };
  if (!stream.is_blocking) return after;
  CUstream_st& default_stream = *state().device(stream.device).default_stream;
  if (&stream != &default_stream) {
    add(default_stream);
  } else {
    for (const auto& [handle, other] : state().streams) {
      if (other->device == stream.device && other->is_blocking) add(*other);
    }
  }
  return after;
}

}  // namespace

bool is_reached(const Point& point) { return !point.stream || point.stream->done >= point.position; }

void perform(const Operation& operation) {
  if (!operation.run || state().sticky_error != cudaSuccess) return;
  int index = 0;
  for (const auto& device : state().devices) {
    if (index++ == operation.device) {
      device->memory.open();
    } else {
      device->memory.close();
    }
  }
  operation.run();
}

cudaError_t enqueue(CUstream_st& stream, Operation operation) {
  operation.device = stream.device;
  if (stream.capture) return add_node(stream, std::move(operation));
  if (&stream == state().device(stream.device).default_stream.get()) {
    if (const cudaError_t status = forbid_default_stream(stream.device)) return status;
  }
  stream.queue.push_back({std::move(operation), legacy_dependencies(stream)});
  ++stream.queued;
  return stream.queue.size() < kMaxQueued ? cudaSuccess
                                          : finish({stream.shared_from_this(), stream.queued - kMaxQueued / 2});
}

void wait_for(CUstream_st& stream, const Point& point) {
  if (is_reached(point)) return;
  CUstream_st::Entry entry;
  entry.after.push_back(point);
  stream.queue.push_back(std::move(entry));
  ++stream.queued;
}

cudaError_t finish(const Point& point) {
  const CloseMemory at_the_end;
  run_until(point);
  return state().sticky_error;
}

cudaError_t finish(CUstream_st& stream) { return finish(stream.end()); }

cudaError_t finish_device(int device) {
  finish(*state().device(device).default_stream);
  for (const auto& [handle, stream] : state().streams) {
    if (stream->device == device) finish(*stream);
  }
  return state().sticky_error;
}

}  // namespace emulation
