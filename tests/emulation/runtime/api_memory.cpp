// Memory of devices and pinned memory of the host, copies and fills.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "cuda_runtime_api.h"
#include "runtime/capture.h"
#include "runtime/state.h"

using emulation::call;
using emulation::current_device;
using emulation::enqueue;
using emulation::state;

namespace {

enum class Kind { kPageable, kPinned, kDevice };

/// Where a pointer points to.
struct Place {
  Kind kind;
  int device;
  std::size_t rest;  // bytes until its allocation ends
};

Place find(const void* pointer) {
  for (int i = 0; i < static_cast<int>(state().devices.size()); ++i) {
    const std::size_t rest = state().device(i).memory.allocations().rest_from(pointer);
    if (rest) return {Kind::kDevice, i, rest};
  }
  const std::size_t rest = state().pinned.rest_from(pointer);
  return {rest ? Kind::kPinned : Kind::kPageable, -1, rest};
}

/// Whether `kind` says where the memory is.
bool is_direction(cudaMemcpyKind kind, bool to_device, bool from_device) {
  switch (kind) {
    case cudaMemcpyHostToHost:
      return !to_device && !from_device;
    case cudaMemcpyHostToDevice:
      return to_device && !from_device;
    case cudaMemcpyDeviceToHost:
      return !to_device && from_device;
    case cudaMemcpyDeviceToDevice:
      return to_device && from_device;
    case cudaMemcpyDefault:
      return true;
  }
  return false;
}

void open(const Place& place) {
  if (place.kind == Kind::kDevice) state().device(place.device).memory.open();
}

/// Queues a copy, and waits for it as CUDA does: before pageable memory is read or written. Pinned memory is read and
/// written when the copy's turn comes.
cudaError_t copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, CUstream_st& stream) {
  if (bytes == 0) return cudaSuccess;
  const Place target = find(to), source = find(from);
  const bool to_device = target.kind == Kind::kDevice, from_device = source.kind == Kind::kDevice;
  if (!to || !from || !is_direction(kind, to_device, from_device)) return cudaErrorInvalidValue;
  if ((to_device && bytes > target.rest) || (from_device && bytes > source.rest)) return cudaErrorInvalidValue;
  const bool from_pageable = source.kind == Kind::kPageable, to_pageable = target.kind == Kind::kPageable;
  if (from_pageable || to_pageable) {  // a graph would read and write it whenever it runs
    if (const cudaError_t status = emulation::forbid_in_capture(stream)) return status;
  }
  std::vector<std::byte> staged;
  if (from_pageable) staged.assign(static_cast<const std::byte*>(from), static_cast<const std::byte*>(from) + bytes);
  auto run = [=, staged = std::move(staged)] {
    open(source);
    open(target);
    std::memmove(to, staged.empty() ? from : staged.data(), bytes);
  };
  if (const cudaError_t status = enqueue(stream, {cudaGraphNodeTypeMemcpy, std::move(run)})) return status;
  return to_pageable ? emulation::finish(stream) : cudaSuccess;
}

cudaError_t fill(void* to, int value, std::size_t bytes, CUstream_st& stream) {
  if (bytes == 0) return cudaSuccess;
  const Place target = find(to);
  if (target.kind == Kind::kPageable || bytes > target.rest) return cudaErrorInvalidValue;
  return enqueue(stream, {cudaGraphNodeTypeMemset, [=] {
                            open(target);
                            std::memset(to, value, bytes);
                          }});
}

CUstream_st& default_stream() { return *state().device(current_device()).default_stream; }

}  // namespace

cudaError_t cudaMalloc(void** pointer, std::size_t bytes) {
  return call(__func__, [&] {
    if (!pointer) return cudaErrorInvalidValue;
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    *pointer = nullptr;
    if (bytes == 0) return cudaSuccess;
    *pointer = state().device(current_device()).memory.allocate(bytes);
    return *pointer ? cudaSuccess : cudaErrorMemoryAllocation;
  });
}

cudaError_t cudaFree(void* pointer) {
  return call(__func__, [&] {
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    if (!pointer) return cudaSuccess;
    const Place place = find(pointer);
    if (place.kind != Kind::kDevice) return cudaErrorInvalidValue;
    if (const cudaError_t status = emulation::finish_device(place.device)) return status;
    return state().device(place.device).memory.free(pointer) ? cudaSuccess : cudaErrorInvalidValue;
  });
}

cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
  return call(__func__, [&] {
    const emulation::DeviceMemory& memory = state().device(current_device()).memory;
    *total = memory.capacity();
    *free = memory.capacity() - std::min(memory.used(), memory.capacity());
    return cudaSuccess;
  });
}

cudaError_t cudaHostAlloc(void** pointer, std::size_t bytes, unsigned) {
  return call(__func__, [&] {
    if (!pointer) return cudaErrorInvalidValue;
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    *pointer = nullptr;
    if (bytes == 0) return cudaSuccess;
    if (posix_memalign(pointer, emulation::kAlignment, bytes) != 0) return cudaErrorMemoryAllocation;
    std::memset(*pointer, 0xff, bytes);
    state().pinned.add(static_cast<std::byte*>(*pointer), bytes);
    return cudaSuccess;
  });
}

cudaError_t cudaMallocHost(void** pointer, std::size_t bytes) {
  return cudaHostAlloc(pointer, bytes, cudaHostAllocDefault);
}

cudaError_t cudaFreeHost(void* pointer) {
  return call(__func__, [&] {
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    if (!pointer) return cudaSuccess;
    for (int i = 0; i < state().device_count; ++i) {
      if (const cudaError_t status = emulation::finish_device(i)) return status;
    }
    if (!state().pinned.remove(pointer)) return cudaErrorInvalidValue;
    std::free(pointer);
    return cudaSuccess;
  });
}

cudaError_t cudaHostGetDevicePointer(void** device, void* host, unsigned) {
  return call(__func__, [&] {
    if (find(host).kind != Kind::kPinned) return cudaErrorInvalidValue;
    *device = host;
    return cudaSuccess;
  });
}

cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* pointer) {
  return call(__func__, [&] {
    const Place place = find(pointer);
    void* address = const_cast<void*>(pointer);
    switch (place.kind) {
      case Kind::kDevice:
        *attributes = {cudaMemoryTypeDevice, place.device, address, nullptr};
        break;
      case Kind::kPinned:
        *attributes = {cudaMemoryTypeHost, current_device(), address, address};
        break;
      case Kind::kPageable:
        *attributes = {cudaMemoryTypeUnregistered, -2, nullptr, address};
        break;
    }
    return cudaSuccess;
  });
}

cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  return call(__func__, [&] {
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    if (const cudaError_t status = copy(to, from, bytes, kind, default_stream())) return status;
    const bool on_device = find(to).kind == Kind::kDevice && find(from).kind == Kind::kDevice;
    return on_device ? cudaSuccess : emulation::finish(default_stream());
  });
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = emulation::find_stream(stream);
    return queue ? copy(to, from, bytes, kind, *queue) : cudaErrorInvalidResourceHandle;
  });
}

cudaError_t cudaMemcpyPeerAsync(void* to, int to_device, const void* from, int from_device, std::size_t bytes,
                                cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = emulation::find_stream(stream);
    if (!queue) return cudaErrorInvalidResourceHandle;
    if (find(to).device != to_device || find(from).device != from_device) return cudaErrorInvalidValue;
    return copy(to, from, bytes, cudaMemcpyDeviceToDevice, *queue);
  });
}

cudaError_t cudaMemset(void* to, int value, std::size_t bytes) {
  return call(__func__, [&] {
    if (const cudaError_t status = emulation::forbid_in_capture()) return status;
    return fill(to, value, bytes, default_stream());
  });
}

cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  return call(__func__, [&] {
    CUstream_st* queue = emulation::find_stream(stream);
    return queue ? fill(to, value, bytes, *queue) : cudaErrorInvalidResourceHandle;
  });
}
