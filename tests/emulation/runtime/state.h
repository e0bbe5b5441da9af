#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "emulation.h"
#include "runtime/memory.h"
#include "runtime/stream.h"

/// Everything that the emulation knows, and what the functions of its API have in common.
namespace emulation {

struct Device {
  Device(int index, std::size_t capacity)
      : memory(capacity), default_stream(std::make_shared<CUstream_st>(index, true)) {}

  DeviceMemory memory;
  std::shared_ptr<CUstream_st> default_stream;
};

struct Injection {
  std::string function;
  int calls_before;
  int status;
};

struct State {
  std::mutex mutex;  // of everything here, and of the kernels that run
  std::vector<std::unique_ptr<Device>> devices;
  int device_count = 1;
  Allocations pinned;
  std::map<cudaStream_t, std::shared_ptr<CUstream_st>> streams;  // besides the default streams
  std::set<cudaEvent_t> events;
  std::vector<std::shared_ptr<Capture>> captures;    // those under way
  std::map<const void*, int> dynamic_shared_limits;  // what kernels were allowed by cudaFuncSetAttribute

  Order order = Order::kForward;
  std::uint64_t seed = 0;
  Queries queries = Queries::kOnceNotReady;
  std::vector<Injection> injections;

  cudaError_t sticky_error = cudaSuccess;
  std::string report;
  Counts counts;

  State();
  Device& device(int index) { return *devices[static_cast<std::size_t>(index)]; }
};

State& state();

/// The calling thread's current device, and its last error.
int& current_device();
cudaError_t& last_error();

/// Keeps an error that nothing but `reset` mends.
void fail_device(cudaError_t error, const std::string& report);

/// The status that a call of `function` was told to fail with; 0 if it shall work.
int injected_status(const char* function);

/// The body of an API function: under the lock, unless the call shall fail or the device has failed.
template <class Body> cudaError_t call(const char* function, Body body) {
  const std::scoped_lock lock(state().mutex);
  auto status = static_cast<cudaError_t>(injected_status(function));
  if (status == cudaSuccess) status = state().sticky_error;
  try {
    if (status == cudaSuccess) status = body();
  } catch (const std::bad_alloc&) {  // of the emulation's own: tests may let the heap run out
    status = cudaErrorMemoryAllocation;
  }
  if (status != cudaSuccess) last_error() = status;
  return status;
}

/// The stream that a handle stands for, null if there is none; 0 and cudaStreamLegacy are the default stream of the
/// current device.
CUstream_st* find_stream(cudaStream_t handle);

}  // namespace emulation
