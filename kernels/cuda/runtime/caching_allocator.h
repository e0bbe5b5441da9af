#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include <cuda_runtime_api.h>

#include <reel/tensor/core/allocator.h>

namespace reel::kernels::cuda {

/// Bytes, now and at most.
struct MemoryStatistics {
  std::size_t allocated = 0, peak = 0;  // what callers hold
  std::size_t reserved = 0;             // what the device has given
};

/// The memory of one GPU. cudaMalloc and cudaFree take as long as many kernels and wait for all of them, so blocks are
/// kept and handed out again: after its first step a training loop makes no such call any more. The design is PyTorch's
/// (c10/cuda/CUDACachingAllocator): sizes are rounded to 512 bytes; up to 1 MiB comes from segments of 2 MiB, up to
/// 10 MiB from segments of 20 MiB, more in whole 2 MiB; the smallest free block that is large enough is split, and free
/// neighbours become one.
///
/// A block belongs to the stream on which it was allocated. There it may be handed out again as soon as it is freed,
/// since whoever gets it launches behind those that used it. What other streams do with it must be announced
/// (`record_stream`).
class CachingAllocator final : public Allocator {
 public:
  /// Without caching every block comes from the device alone, so that tools see accesses beyond its end: that is how
  /// the library's own allocators are under AddressSanitizer, and where $REEL_NO_CUDA_MEMORY_CACHING is set.
  explicit CachingAllocator(int device, bool caching = true) : device_(device), caching_(caching) {}
  CachingAllocator(const CachingAllocator&) = delete;
  CachingAllocator& operator=(const CachingAllocator&) = delete;
  ~CachingAllocator() override;

  /// A block on the current stream. When the device has no more, unused blocks are given back to it and it is asked
  /// again; then an OutOfMemoryError tells how much is used for what.
  void* allocate(std::size_t bytes) override;
  void deallocate(void* data, std::size_t bytes) noexcept override;
  void empty_cache() noexcept override;

  /// `stream`, not the block's own, uses the block, too: when it is freed, it waits for what is queued there.
  /// Memory that is not this allocator's is left alone.
  void record_stream(void* data, cudaStream_t stream);

  MemoryStatistics statistics() const;
  void reset_peak();

  /// While a thread records a graph, its blocks come from a pool of the graph's, whose addresses nobody else gets as
  /// long as the graph lives; and blocks of others that it frees stay, for the graph may use them.
  class GraphPool;
  /// This thread's allocations go to `pool` until `end_capture`.
  void begin_capture(GraphPool& pool);
  void end_capture();
  /// The graph is gone: its blocks are like all others.
  void release(GraphPool& pool);

 private:
  struct Pool;
  struct Block {
    char* data;
    std::size_t size;
    cudaStream_t stream;
    Pool* pool;
    Block* previous = nullptr;  // neighbours in the same segment
    Block* next = nullptr;
    bool used = false;
    std::vector<cudaStream_t> other_streams = {};
  };
  struct BySize {
    bool operator()(const Block* a, const Block* b) const;
  };
  struct Pool {
    bool small;
    std::set<Block*, BySize> free;
  };
  struct Parked {
    Block* block;
    std::vector<cudaEvent_t> events;
  };

  GraphPool* recorded_pool() const;
  Block* find_free(Pool& pool, std::size_t size, cudaStream_t stream);
  Block* new_segment(Pool& pool, std::size_t size, cudaStream_t stream);
  void split(Block* block, std::size_t size);
  void make_free(Block* block);
  Block* merge(Block* block);
  void park(Block* block);
  void unpark(bool wait);
  std::size_t release_segments(Pool& pool);
  void release_block(Block* block);
  [[noreturn]] void fail(std::size_t bytes) const;

  const int device_;
  const bool caching_;
  mutable std::mutex mutex_;
  Pool small_{true, {}}, large_{false, {}};
  std::unordered_map<void*, Block*> blocks_;  // all, by address
  std::vector<Parked> parked_;                // freed, but other streams may still use them
  MemoryStatistics statistics_;
};

class CachingAllocator::GraphPool {
 public:
  GraphPool() = default;
  GraphPool(const GraphPool&) = delete;
  GraphPool& operator=(const GraphPool&) = delete;

 private:
  friend class CachingAllocator;
  Pool small_{true, {}}, large_{false, {}};
  std::vector<Block*> held_;  // freed by the recorded step, but not its own
};

/// The allocator of a device that is there.
CachingAllocator& caching_allocator(int device);

}  // namespace reel::kernels::cuda
