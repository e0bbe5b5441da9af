#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include <cuda_runtime_api.h>

#include <reel/tensor/core/allocator.h>

namespace reel::kernels::cuda {

/// Host memory that the GPU reads and writes by itself, so that copies run beside other work. Making it takes
/// milliseconds: blocks of sizes that are powers of two are kept for the next who asks.
class PinnedAllocator final : public Allocator {
 public:
  void* allocate(std::size_t bytes) override;
  void deallocate(void* data, std::size_t bytes) noexcept override;
  void empty_cache() noexcept override;

  /// Whether an address lies in memory of this allocator. If so, a copy that was queued on `stream` uses it: once freed
  /// it waits for the copy before anybody gets it again.
  bool record_stream(const void* data, cudaStream_t stream);

 private:
  struct Block {
    std::size_t size = 0;
    std::vector<cudaStream_t> streams;
    std::vector<cudaEvent_t> events;
  };

  void collect(bool wait);

  std::mutex mutex_;
  std::map<char*, Block> blocks_;  // all, by address
  std::multimap<std::size_t, char*> free_;
  std::vector<char*> parked_;  // freed, but a copy may still run
};

PinnedAllocator& pinned_allocator();

}  // namespace reel::kernels::cuda
