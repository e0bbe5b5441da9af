// The CPU's caching allocator.

#include <reel/tensor/core/allocator.h>

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <type_traits>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <fmt/core.h>

#include <reel/tensor/core/arena.h>
#include <reel/tensor/core/check.h>
#include <reel/tensor/core/cuda.h>
#include <reel/tensor/core/fork.h>
#include <reel/tensor/core/sanitizers.h>
#include <reel/tensor/core/small_blocks.h>

namespace reel {
namespace {

using detail::Arena;
using detail::kHugePage;

constexpr std::size_t kSmall = Arena::kSmall;  // below: each thread's own blocks, or malloc
constexpr std::size_t kSlack = 256u << 20;   // so much may be reserved beyond the share of the peak: small programs and
                                             // steady loops then make no system calls
constexpr std::size_t kTrimmed = 16u << 20;  // given back at a time, so that calls are few
constexpr std::size_t kAlignment = 64;       // a cache line, and the widest vector

/// Blocks that are the system's own, each by itself: so AddressSanitizer sees a use after free or a read past the end.
class SystemBlocks {
 public:
  static constexpr std::size_t block(std::size_t bytes) {
    return bytes < kHugePage ? Arena::block(bytes) : (bytes + kHugePage - 1) / kHugePage * kHugePage;
  }
  void* allocate(std::size_t bytes) noexcept {
    bytes = block(bytes);
    void* data = bytes < kHugePage ? std::aligned_alloc(kAlignment, bytes) : detail::map_pages(bytes, true);
    if (data) reserved_ += bytes;
    return data;
  }
  void deallocate(void* data, std::size_t bytes) noexcept {
    bytes = block(bytes);
    reserved_ -= bytes;
    if (bytes < kHugePage) std::free(data);
    else munmap(data, bytes);
  }
  void trim(std::size_t, std::size_t = 0) noexcept {}
  void give_back() noexcept {}
  std::size_t reserved() const { return reserved_; }

 private:
  std::size_t reserved_ = 0;
};

using Blocks = std::conditional_t<detail::kAddressSanitizer, SystemBlocks, Arena>;

class CachingAllocator final : public Allocator {
 public:
  /// In bytes of blocks; `reserved` of pages.
  struct Statistics {
    std::size_t allocated, peak, reserved, limit;
  };

  void* allocate(std::size_t bytes) override {
    if (bytes > PTRDIFF_MAX - 4 * kHugePage) fail_oom(bytes);
    void* data = try_allocate(bytes);
    if (!data) {
      give_back();
      data = try_allocate(bytes);
    }
    if (!data) fail_oom(bytes);
    return data;
  }

  void deallocate(void* data, std::size_t bytes) noexcept override {
    if (bytes < kSmall) return detail::free_small(data, bytes);
    const std::scoped_lock lock(mutex_);
    allocated_ -= Blocks::block(bytes);
    blocks_.deallocate(data, bytes);
  }

  void empty_cache() noexcept override {
    give_back();
#if defined(__GLIBC__)
    malloc_trim(0);  // small blocks came from there
#endif
    const std::scoped_lock lock(mutex_);
    recent_peak_ = allocated_;
  }

  Statistics statistics() {
    const std::scoped_lock lock(mutex_);
    return {allocated_, peak_, blocks_.reserved(), limit_};
  }
  void reset_peak() {
    const std::scoped_lock lock(mutex_);
    peak_ = allocated_;
  }
  void set_limit(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    limit_ = bytes;
  }

  std::mutex& mutex() { return mutex_; }

 private:
  void* try_allocate(std::size_t bytes) {
    if (bytes < kSmall) return detail::allocate_small(bytes);
    const std::size_t block = Blocks::block(bytes);
    const std::scoped_lock lock(mutex_);
    const std::size_t reserved = blocks_.reserved();
    void* data = blocks_.allocate(bytes);
    if (!data) return nullptr;
    // A block's fresh pages count from now on, but cost nothing before they are written to.
    if (blocks_.reserved() > reserved && !keep_bounds(allocated_ + block)) {
      blocks_.deallocate(data, bytes);
      blocks_.trim(blocks_.reserved() - limit_);
      return nullptr;
    }
    allocated_ += block;
    peak_ = std::max(peak_, allocated_);
    recent_peak_ = std::max(recent_peak_, allocated_);
    return data;
  }

  /// Gives free pages back where too many are reserved; false if they are still more than the limit.
  bool keep_bounds(std::size_t allocated) noexcept {
    const std::size_t peak = std::max(recent_peak_, allocated), limit = limit_ ? limit_ : SIZE_MAX;
    const std::size_t bound = std::min(peak + peak / 4 + kSlack, limit), reserved = blocks_.reserved();
    if (reserved > bound && (reserved > limit || reserved >= next_trim_)) {
      blocks_.trim(reserved - bound, kTrimmed);
      next_trim_ = blocks_.reserved() > bound ? blocks_.reserved() + kTrimmed : 0;
    }
    return blocks_.reserved() <= limit;
  }

  /// The calling thread's small blocks, and all free pages.
  void give_back() noexcept {
    if (detail::keep_small_blocks(false)) detail::keep_small_blocks(true);
    const std::scoped_lock lock(mutex_);
    blocks_.give_back();
    next_trim_ = 0;
  }

  [[noreturn]] void fail_oom(std::size_t bytes) {
    const Statistics now = statistics();
    const std::string limit = now.limit ? fmt::format(", and set_memory_limit allows {}", now.limit) : "";
    fail<OutOfMemoryError>("cpu: cannot allocate {} bytes; tensors hold {} of the {} that are reserved{}", bytes,
                           now.allocated, now.reserved, limit);
  }

  std::mutex mutex_;
  Blocks blocks_;
  std::size_t allocated_ = 0, peak_ = 0;
  std::size_t recent_peak_ = 0;  // since the cache was emptied
  std::size_t limit_ = 0;        // 0: none
  std::size_t next_trim_ = 0;    // reserved memory from which trimming is tried again, once it has not sufficed
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

namespace detail {

void lock_cpu_allocator_for_fork() noexcept { caching_allocator().mutex().lock(); }
void unlock_cpu_allocator_after_fork() noexcept { caching_allocator().mutex().unlock(); }

}  // namespace detail

}  // namespace reel
