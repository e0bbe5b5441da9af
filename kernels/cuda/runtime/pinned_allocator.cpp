// The allocator of pinned host memory.

#include <reel/kernels/cuda/runtime/pinned_allocator.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include <reel/kernels/cuda/runtime/caching_allocator.h>
#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/error.h>

namespace reel::kernels::cuda {

void* PinnedAllocator::allocate(std::size_t bytes) {
  if (bytes > PTRDIFF_MAX) throw OutOfMemoryError("cuda: cannot pin " + std::to_string(bytes) + " bytes");
  const std::size_t size = std::bit_ceil(std::max<std::size_t>(bytes, 512));
  const std::scoped_lock lock(mutex_);
  collect(false);
  if (const auto at = free_.find(size); at != free_.end()) {
    void* data = at->second;
    free_.erase(at);
    return data;
  }
  void* data = nullptr;
  const cudaError_t status = cudaHostAlloc(&data, size, cudaHostAllocPortable);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw OutOfMemoryError("cuda: cannot pin " + std::to_string(size) + " bytes of host memory");
  }
  check_call(status, "cudaHostAlloc");
  blocks_[static_cast<char*>(data)].size = size;
  return data;
}

void PinnedAllocator::deallocate(void* data, std::size_t) noexcept {
  if (is_lost()) return;
  const std::scoped_lock lock(mutex_);
  char* address = static_cast<char*>(data);
  Block& block = blocks_.at(address);
  try {
    for (const cudaStream_t stream : block.streams) {
      cudaEvent_t event = nullptr;
      check_call(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
      block.events.push_back(event);
      check_call(cudaEventRecord(event, stream), "cudaEventRecord");
    }
    block.streams.clear();
    if (block.events.empty()) free_.emplace(block.size, address);
    else parked_.push_back(address);
  } catch (...) {  // better lost than handed out while a copy runs
  }
}

/// What is parked becomes free once its copies are done; everything if it may wait.
void PinnedAllocator::collect(bool wait) {
  std::erase_if(parked_, [&](char* address) {
    Block& block = blocks_.at(address);
    for (const cudaEvent_t event : block.events) {
      if ((wait ? cudaEventSynchronize(event) : cudaEventQuery(event)) != cudaSuccess) {
        cudaGetLastError();
        return false;
      }
    }
    for (const cudaEvent_t event : block.events) cudaEventDestroy(event);
    block.events.clear();
    free_.emplace(block.size, address);
    return true;
  });
}

void PinnedAllocator::empty_cache() noexcept {
  if (is_lost()) return;
  const std::scoped_lock lock(mutex_);
  collect(true);
  for (const auto& [size, address] : free_) {
    cudaFreeHost(address);
    blocks_.erase(address);
  }
  free_.clear();
}

bool PinnedAllocator::record_stream(const void* data, cudaStream_t stream) {
  const std::scoped_lock lock(mutex_);
  auto at = blocks_.upper_bound(const_cast<char*>(static_cast<const char*>(data)));
  if (at == blocks_.begin()) return false;
  --at;
  if (data >= at->first + at->second.size) return false;
  auto& streams = at->second.streams;
  if (std::find(streams.begin(), streams.end(), stream) == streams.end()) streams.push_back(stream);
  return true;
}

PinnedAllocator& pinned_allocator() {
  static auto* allocator = new PinnedAllocator;  // never destroyed, as the devices' allocators
  return *allocator;
}

}  // namespace reel::kernels::cuda

namespace reel::cuda {

Allocator& pinned_allocator() {
  use_device(current_device());
  return kernels::cuda::pinned_allocator();
}

void empty_cache() {
  allocator(current_device()).empty_cache();
  kernels::cuda::pinned_allocator().empty_cache();
}

}  // namespace reel::cuda
