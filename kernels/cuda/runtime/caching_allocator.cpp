// The caching allocator of the GPU's memory.

#include <reel/kernels/cuda/runtime/caching_allocator.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <tuple>

#include <reel/kernels/cuda/runtime/runtime.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/error.h>
#include <reel/tensor/core/fork.h>
#include <reel/tensor/core/sanitizers.h>

namespace reel::kernels::cuda {
namespace {

constexpr std::size_t kMiB = 1u << 20;
constexpr std::size_t kGranule = 512;  // what sizes are rounded to, and the alignment of every block
constexpr std::size_t kSmall = kMiB;   // up to here: from segments of kSmallSegment
constexpr std::size_t kSmallSegment = 2 * kMiB;
constexpr std::size_t kMedium = 10 * kMiB;  // up to here: from segments of kMediumSegment
constexpr std::size_t kMediumSegment = 20 * kMiB;

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

std::size_t segment_size(std::size_t size) {
  return size <= kSmall ? kSmallSegment : size < kMedium ? kMediumSegment : round_up(size, 2 * kMiB);
}

std::string mebibytes(std::size_t bytes) { return std::to_string((bytes + kMiB - 1) / kMiB) + " MiB"; }

/// The graph that this thread records, and whose memory it is about.
struct Recording {
  const CachingAllocator* allocator = nullptr;
  CachingAllocator::GraphPool* pool = nullptr;
};
thread_local Recording current;

reel::detail::ForkSafeMutex creation(reel::detail::ForkOrder::creation);

}  // namespace

bool CachingAllocator::BySize::operator()(const Block* a, const Block* b) const {
  const std::less<> less;
  if (a->stream != b->stream) return less(a->stream, b->stream);
  if (a->size != b->size) return a->size < b->size;
  return less(a->data, b->data);
}

CachingAllocator::~CachingAllocator() {
  empty_cache();
  for (const auto& [data, block] : blocks_) delete block;
}

void* CachingAllocator::allocate(std::size_t bytes) {
  if (bytes > PTRDIFF_MAX) fail(bytes);
  const std::size_t size = caching_ ? round_up(std::max<std::size_t>(bytes, 1), kGranule) : bytes;
  const cudaStream_t stream = current_stream();
  GraphPool* const recording = recorded_pool();
  const std::scoped_lock lock(mutex_);
  if (!recording) unpark(false);
  const bool small = size <= kSmall;
  Pool& pool = recording ? (small ? recording->small_ : recording->large_) : (small ? small_ : large_);
  Block* block = find_free(pool, size, stream);
  if (!block) block = new_segment(pool, size, stream);
  if (caching_) split(block, size);
  block->used = true;
  statistics_.allocated += block->size;
  statistics_.peak = std::max(statistics_.peak, statistics_.allocated);
  return block->data;
}

CachingAllocator::Block* CachingAllocator::find_free(Pool& pool, std::size_t size, cudaStream_t stream) {
  Block key{nullptr, size, stream, nullptr};
  const auto at = pool.free.lower_bound(&key);
  if (at == pool.free.end() || (*at)->stream != stream) return nullptr;
  Block* block = *at;
  pool.free.erase(at);
  return block;
}

CachingAllocator::Block* CachingAllocator::new_segment(Pool& pool, std::size_t size, cudaStream_t stream) {
  const std::size_t bytes = caching_ ? segment_size(size) : size;
  auto block = std::make_unique<Block>(Block{nullptr, bytes, stream, &pool});
  blocks_.reserve(blocks_.size() + 1);
  void* data = nullptr;
  cudaError_t status;
  {
    const AllowInCapture guard;
    status = cudaMalloc(&data, bytes);
    if (status == cudaErrorMemoryAllocation && !recorded_pool()) {
      cudaGetLastError();
      unpark(true);
      if (release_segments(small_) + release_segments(large_) > 0) status = cudaMalloc(&data, bytes);
    }
  }
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    fail(size);
  }
  check_call(status, "cudaMalloc");
  block->data = static_cast<char*>(data);
  blocks_.emplace(data, block.get());
  statistics_.reserved += bytes;
  return block.release();
}

void CachingAllocator::split(Block* block, std::size_t size) {
  const std::size_t rest = block->size - size;
  if (block->pool->small ? rest < kGranule : rest <= kSmall) return;
  auto tail = std::make_unique<Block>(Block{block->data + size, rest, block->stream, block->pool, block, block->next});
  blocks_.emplace(tail->data, tail.get());
  block->pool->free.insert(tail.get());
  if (tail->next) tail->next->previous = tail.get();
  block->next = tail.release();
  block->size = size;
}

void CachingAllocator::deallocate(void* data, std::size_t) noexcept {
  if (is_lost()) return;
  GraphPool* const recording = recorded_pool();
  const std::scoped_lock lock(mutex_);
  Block* block = blocks_.at(data);
  statistics_.allocated -= block->size;
  try {
    if (recording && block->pool != &recording->small_ && block->pool != &recording->large_) {
      recording->held_.push_back(block);
    } else if (!block->other_streams.empty() && !recording) {
      park(block);
    } else {
      make_free(block);
    }
  } catch (...) {  // no memory for a list, or no event: better lost than handed out too early
  }
}

void CachingAllocator::make_free(Block* block) {
  block->used = false;
  block->other_streams.clear();
  if (!caching_ && !recorded_pool()) return release_block(block);
  block = merge(block);
  block->pool->free.insert(block);
}

/// Joins a block with its free neighbours.
CachingAllocator::Block* CachingAllocator::merge(Block* block) {
  const auto absorb = [&](Block* first, Block* second) {
    first->size += second->size;
    first->next = second->next;
    if (second->next) second->next->previous = first;
    blocks_.erase(second->data);
    delete second;
    return first;
  };
  if (Block* next = block->next; next && !next->used) {
    block->pool->free.erase(next);
    block = absorb(block, next);
  }
  if (Block* previous = block->previous; previous && !previous->used) {
    block->pool->free.erase(previous);
    block = absorb(previous, block);
  }
  return block;
}

void CachingAllocator::record_stream(void* data, cudaStream_t stream) {
  const std::scoped_lock lock(mutex_);
  const auto at = blocks_.find(data);
  if (at == blocks_.end()) return;  // somebody else's memory
  Block* block = at->second;
  auto& others = block->other_streams;
  if (stream != block->stream && std::find(others.begin(), others.end(), stream) == others.end()) {
    others.push_back(stream);
  }
}

void CachingAllocator::park(Block* block) {
  Parked entry{block, {}};
  for (const cudaStream_t stream : block->other_streams) {
    cudaEvent_t event = nullptr;
    check_call(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "cudaEventCreateWithFlags");
    entry.events.push_back(event);
    check_call(cudaEventRecord(event, stream), "cudaEventRecord");
  }
  parked_.push_back(std::move(entry));
}

/// Frees the parked blocks whose streams are done; all of them if it may wait.
void CachingAllocator::unpark(bool wait) {
  std::erase_if(parked_, [&](const Parked& entry) {
    for (const cudaEvent_t event : entry.events) {
      const cudaError_t status = wait ? cudaEventSynchronize(event) : cudaEventQuery(event);
      if (status != cudaSuccess) {  // not ready, or the device is broken: the block stays
        cudaGetLastError();
        return false;
      }
    }
    for (const cudaEvent_t event : entry.events) cudaEventDestroy(event);
    make_free(entry.block);
    return true;
  });
}

/// Gives the segments of a pool that are free as a whole back to the device; how many bytes.
std::size_t CachingAllocator::release_segments(Pool& pool) {
  std::size_t bytes = 0;
  for (auto at = pool.free.begin(); at != pool.free.end();) {
    Block* block = *at;
    if (block->previous || block->next) {
      ++at;
      continue;
    }
    at = pool.free.erase(at);
    bytes += block->size;
    release_block(block);
  }
  return bytes;
}

void CachingAllocator::release_block(Block* block) {
  cudaFree(block->data);
  statistics_.reserved -= block->size;
  blocks_.erase(block->data);
  delete block;
}

void CachingAllocator::empty_cache() noexcept {
  if (is_lost()) return;
  const std::scoped_lock lock(mutex_);
  if (recorded_pool() || blocks_.empty()) return;
  unpark(true);
  release_segments(small_);
  release_segments(large_);
}

MemoryStatistics CachingAllocator::statistics() const {
  const std::scoped_lock lock(mutex_);
  return statistics_;
}

void CachingAllocator::reset_peak() {
  const std::scoped_lock lock(mutex_);
  statistics_.peak = statistics_.allocated;
}

void CachingAllocator::fail(std::size_t bytes) const {
  std::size_t free = 0, total = 0;
  if (cudaMemGetInfo(&free, &total) != cudaSuccess) cudaGetLastError();
  throw OutOfMemoryError("cuda:" + std::to_string(device_) + ": cannot allocate " + std::to_string(bytes) +
                         " bytes: of " + mebibytes(total) + " tensors hold " + mebibytes(statistics_.allocated) +
                         ", the cache " + mebibytes(statistics_.reserved - statistics_.allocated) +
                         " in pieces that are too small or in use by a graph, and " + mebibytes(free) + " are free");
}

CachingAllocator::GraphPool* CachingAllocator::recorded_pool() const {
  return current.allocator == this ? current.pool : nullptr;
}

void CachingAllocator::begin_capture(GraphPool& pool) { current = {this, &pool}; }
void CachingAllocator::end_capture() { current = {}; }

void CachingAllocator::release(GraphPool& pool) {
  if (is_lost()) return;
  const std::scoped_lock lock(mutex_);
  for (const auto& [data, block] : blocks_) {
    if (block->pool != &pool.small_ && block->pool != &pool.large_) continue;
    Pool& home = block->pool->small ? small_ : large_;
    if (!block->used) block->pool->free.erase(block);
    block->pool = &home;
    block->stream = default_stream(device_);
    if (!block->used) home.free.insert(block);
  }
  if (!caching_) {
    release_segments(small_);
    release_segments(large_);
  }
  for (Block* block : pool.held_) make_free(block);
  pool.held_.clear();
}

CachingAllocator& caching_allocator(int device) {
  static std::array<CachingAllocator*, kMaxDevices>
      allocators{};  // never destroyed: tensors may outlive everything else
  const std::scoped_lock lock(creation);
  CachingAllocator*& allocator = allocators[static_cast<std::size_t>(device)];
  const bool caching =
      !reel::detail::kAddressSanitizer && !std::getenv("REEL_NO_CUDA_MEMORY_CACHING");  // for compute-sanitizer
  if (!allocator) allocator = new CachingAllocator(device, caching);
  return *allocator;
}

}  // namespace reel::kernels::cuda

namespace reel::cuda {
namespace {

kernels::cuda::CachingAllocator& current_allocator() {
  use_device(current_device());
  return kernels::cuda::caching_allocator(current_device());
}

}  // namespace

Allocator& allocator(int device) {
  use_device(device);
  return kernels::cuda::caching_allocator(device);
}

std::size_t memory_allocated() { return current_allocator().statistics().allocated; }
std::size_t max_memory_allocated() { return current_allocator().statistics().peak; }
std::size_t memory_reserved() { return current_allocator().statistics().reserved; }
void reset_peak_memory() { current_allocator().reset_peak(); }

}  // namespace reel::cuda
