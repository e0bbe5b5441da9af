// Devices: all are alike, and look like an H200.

#include <array>
#include <cstdio>
#include <utility>

#include "cuda_runtime_api.h"
#include "launch_limits.h"
#include "runtime/capture.h"
#include "runtime/state.h"

using emulation::call;
using emulation::current_device;
using emulation::state;

namespace {

constexpr int kMultiprocessors = 132, kThreadsOfMultiprocessor = 2048, kL2Bytes = 60 << 20;
constexpr int kSharedMemory = emulation::kSharedMemory, kMaxSharedMemory = emulation::kMaxSharedMemory;
constexpr int kSharedMemoryOfMultiprocessor = 228 * 1024;
constexpr int kMajor = 9, kMinor = 0;

constexpr auto kAttributes = std::to_array<std::pair<cudaDeviceAttr, int>>({
    {cudaDevAttrMaxThreadsPerBlock, emulation::kMaxThreads},
    {cudaDevAttrMaxBlockDimX, emulation::kMaxBlock[0]},
    {cudaDevAttrMaxBlockDimY, emulation::kMaxBlock[1]},
    {cudaDevAttrMaxBlockDimZ, emulation::kMaxBlock[2]},
    {cudaDevAttrMaxGridDimX, emulation::kMaxGrid[0]},
    {cudaDevAttrMaxGridDimY, emulation::kMaxGrid[1]},
    {cudaDevAttrMaxGridDimZ, emulation::kMaxGrid[2]},
    {cudaDevAttrMaxSharedMemoryPerBlock, kSharedMemory},
    {cudaDevAttrMaxSharedMemoryPerBlockOptin, kMaxSharedMemory},
    {cudaDevAttrMaxSharedMemoryPerMultiprocessor, kSharedMemoryOfMultiprocessor},
    {cudaDevAttrWarpSize, 32},
    {cudaDevAttrMultiProcessorCount, kMultiprocessors},
    {cudaDevAttrL2CacheSize, kL2Bytes},
    {cudaDevAttrMaxThreadsPerMultiProcessor, kThreadsOfMultiprocessor},
    {cudaDevAttrUnifiedAddressing, 1},
    {cudaDevAttrComputeCapabilityMajor, kMajor},
    {cudaDevAttrComputeCapabilityMinor, kMinor},
});

bool is_device(int device) { return device >= 0 && device < state().device_count; }

}  // namespace

cudaError_t cudaGetDeviceCount(int* count) {
  return call(__func__, [&] {
    *count = state().device_count;
    return *count ? cudaSuccess : cudaErrorNoDevice;
  });
}

cudaError_t cudaSetDevice(int device) {
  return call(__func__, [&] {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    current_device() = device;
    return cudaSuccess;
  });
}

cudaError_t cudaGetDevice(int* device) {
  return call(__func__, [&] {
    *device = current_device();
    return cudaSuccess;
  });
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  return call(__func__, [&] {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    cudaDeviceProp p{};
    std::snprintf(p.name, sizeof p.name, "emulated GPU %d", device);
    p.totalGlobalMem = state().device(device).memory.capacity();
    p.sharedMemPerBlock = kSharedMemory;
    p.sharedMemPerBlockOptin = kMaxSharedMemory;
    p.sharedMemPerMultiprocessor = kSharedMemoryOfMultiprocessor;
    p.regsPerBlock = 65536;
    p.warpSize = 32;
    p.maxThreadsPerBlock = emulation::kMaxThreads;
    for (std::size_t i = 0; i < 3; ++i) {
      p.maxThreadsDim[i] = emulation::kMaxBlock[i];
      p.maxGridSize[i] = emulation::kMaxGrid[i];
    }
    p.major = kMajor;
    p.minor = kMinor;
    p.multiProcessorCount = kMultiprocessors;
    p.concurrentKernels = 1;
    p.pciBusID = device + 1;
    p.asyncEngineCount = 3;
    p.unifiedAddressing = 1;
    p.memoryBusWidth = 6144;
    p.l2CacheSize = kL2Bytes;
    p.maxThreadsPerMultiProcessor = kThreadsOfMultiprocessor;
    *properties = p;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device) {
  return call(__func__, [&] {
    if (!is_device(device)) return cudaErrorInvalidDevice;
    for (const auto& [name, number] : kAttributes) {
      if (name != attribute) continue;
      *value = number;
      return cudaSuccess;
    }
    return cudaErrorInvalidValue;
  });
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  return call(__func__, [&] {
    *least = 0;
    *greatest = -5;
    return cudaSuccess;
  });
}

cudaError_t cudaDeviceSynchronize() {
  return call(__func__, [] {
    if (const cudaError_t status = emulation::forbid_in_capture_of(current_device())) return status;
    return emulation::finish_device(current_device());
  });
}
