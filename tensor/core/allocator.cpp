// The CPU's caching allocator.

#include <reel/tensor/core/allocator.h>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>
#include <vector>

#include <reel/tensor/core/arena.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/small_blocks.h>

namespace reel {
namespace {

// Under AddressSanitizer every block is its own, so that a use after free or a read past the end is seen.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kCaching = false;
#else
constexpr bool kCaching = true;
#endif

constexpr std::size_t kSmall = 4096;        // below: each thread's own blocks, or malloc
constexpr std::size_t kArena = 256u << 10;  // from here up: cut from the arena
constexpr std::size_t kOwn = 64u << 20;     // from here up: each on huge pages of its own, which small ones would tear
constexpr std::size_t kAlignment = 64;      // a cache line, and the widest vector

using detail::kHugePage;

bool from_arena(std::size_t bytes) { return kCaching && bytes >= kArena && bytes < kOwn; }

// The next of 1, 1.25, 1.5, 1.75 times a power of two: at most a quarter is wasted, and a handful of classes is reused.
std::size_t size_class(std::size_t bytes) {
  const std::size_t step = std::bit_floor(bytes) / 4;
  const std::size_t rounded = (bytes + step - 1) / step * step;
  return rounded < kHugePage ? rounded : (rounded + kHugePage - 1) / kHugePage * kHugePage;
}

std::size_t block_size(std::size_t bytes) {
  return from_arena(bytes) ? detail::Arena::block(bytes) : size_class(bytes);
}

class CachingAllocator final : public Allocator {
 public:
  /// In bytes of blocks.
  struct Statistics {
    std::size_t allocated = 0, peak = 0, reserved = 0;
  };

  void* allocate(std::size_t bytes) override {
    if (bytes > PTRDIFF_MAX - 4 * kHugePage) fail_oom(bytes);
    void* data = try_allocate(bytes);
    if (!data) {
      empty_cache();
      data = try_allocate(bytes);
    }
    if (!data) fail_oom(bytes);
    return data;
  }

  void deallocate(void* data, std::size_t bytes) noexcept override {
    if (bytes < kSmall) return detail::free_small(data, bytes);
    const std::size_t block = block_size(bytes);
    const std::scoped_lock lock(mutex_);
    statistics_.allocated -= block;
    if (from_arena(bytes)) return arena_.deallocate(data, block);
    if constexpr (kCaching) {
      try {
        free_[block].push_back(data);
        return;
      } catch (...) {  // no memory for the list itself: fall through and free the block
      }
    }
    unmap(data, block);
  }

  void empty_cache() noexcept override {
    const std::scoped_lock lock(mutex_);
    for (auto& [block, blocks] : free_) {
      for (void* data : blocks) unmap(data, block);
    }
    free_.clear();
    arena_.give_back();
  }

  Statistics statistics() {
    const std::scoped_lock lock(mutex_);
    Statistics now = statistics_;
    now.reserved += arena_.reserved();
    return now;
  }
  void reset_peak() {
    const std::scoped_lock lock(mutex_);
    statistics_.peak = statistics_.allocated;
  }
  void set_limit(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    limit_ = bytes;
  }

 private:
  void* try_allocate(std::size_t bytes) {
    if (bytes < kSmall) return detail::allocate_small(bytes);
    const std::size_t block = block_size(bytes);
    const std::scoped_lock lock(mutex_);
    void* data = from_arena(bytes) ? arena_.allocate(block, budget()) : cached_or_new(block);
    if (!data) return nullptr;
    statistics_.allocated += block;
    statistics_.peak = std::max(statistics_.peak, statistics_.allocated);
    return data;
  }

  /// How much more of the system's memory there may be.
  std::size_t budget() const {
    const std::size_t reserved = statistics_.reserved + arena_.reserved();
    return !limit_ ? SIZE_MAX : limit_ > reserved ? limit_ - reserved : 0;
  }

  void* cached_or_new(std::size_t block) {
    if (const auto it = free_.find(block); it != free_.end() && !it->second.empty()) {
      void* data = it->second.back();
      it->second.pop_back();
      return data;
    }
    if (block > budget()) return nullptr;
    void* data = block < kHugePage ? std::aligned_alloc(kAlignment, block) : detail::map_huge(block);
    if (data) statistics_.reserved += block;
    return data;
  }

  void unmap(void* data, std::size_t block) noexcept {
    statistics_.reserved -= block;
    if (block < kHugePage) std::free(data);
    else munmap(data, block);
  }

  [[noreturn]] void fail_oom(std::size_t bytes) {
    const Statistics now = statistics();
    fail<OutOfMemoryError>("cpu: cannot allocate {} bytes; tensors hold {}", bytes, now.allocated);
  }

  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
  detail::Arena arena_;
  Statistics statistics_;  // `reserved` without the arena's
  std::size_t limit_ = 0;
};

CachingAllocator& caching_allocator() {
  // Never destroyed: tensors with static storage may outlive any static of ours.
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

std::atomic<Allocator*> current{nullptr};

}  // namespace

Allocator& cpu_allocator() { return caching_allocator(); }

Allocator& set_cpu_allocator(Allocator& allocator) {
  Allocator* former = current.exchange(&allocator);
  return former ? *former : cpu_allocator();
}

Allocator& allocator_for(Device device) {
  if (device.is_cuda()) return cuda::allocator(device.index());
  Allocator* chosen = current.load(std::memory_order_relaxed);
  return chosen ? *chosen : cpu_allocator();
}

std::size_t memory_allocated() { return caching_allocator().statistics().allocated; }
std::size_t max_memory_allocated() { return caching_allocator().statistics().peak; }
std::size_t memory_reserved() { return caching_allocator().statistics().reserved; }
void reset_peak_memory() { caching_allocator().reset_peak(); }
void set_memory_limit(std::size_t bytes) { caching_allocator().set_limit(bytes); }
void empty_cache() { allocator_for(Device::cpu()).empty_cache(); }

}  // namespace reel
