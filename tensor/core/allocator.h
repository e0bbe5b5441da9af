#pragma once

#include <cstddef>

#include <reel/tensor/core/device.h>

namespace reel {

/// Where a device's memory comes from. Implementations are thread-safe and outlive every storage that they serve.
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes` bytes (more than 0), aligned for every dtype, and to 64 bytes from 4 KiB up. Throws
  /// OutOfMemoryError. May run while gradients are locked, as may `deallocate`: they must not touch any gradient.
  virtual void* allocate(std::size_t bytes) = 0;
  virtual void deallocate(void* data, std::size_t bytes) noexcept = 0;
  /// Returns cached, unused memory to the system.
  virtual void empty_cache() noexcept {}
};

/// The CPU's allocator. Blocks from 4 KiB up come from memory that it keeps (a fresh 64 MB block costs 30 ms of page
/// faults, a reused one nothing): what blocks of one size leave serves all sizes on the same side of 256 KiB. It holds
/// at most 256 MiB more than 1.25 times the most that was allocated since the cache was emptied, except for pages that
/// a block has a part of: beyond, it gives back what was freed longest ago before it takes more. Blocks below 4 KiB
/// come from malloc; each thread keeps some of up to 1 KiB, all threads together at most 64 MiB. Under AddressSanitizer
/// nothing is kept.
Allocator& cpu_allocator();

/// The allocator that new storages on `device` use; a DeviceError where the device is not available.
Allocator& allocator_for(Device device);

/// Replaces the CPU's allocator and returns the former one: for tests that inject failures and for users' own pools.
/// Storages remember the allocator that they came from.
Allocator& set_cpu_allocator(Allocator& allocator);

/// Bytes of the CPU's blocks in use, those of tensors and of operations' scratch; the most they have been since the
/// last `reset_peak_memory`; and what the caching allocator holds of the system for them and for later. Blocks count
/// with what their size is rounded up to; those below 4 KiB do not count.
std::size_t memory_allocated();
std::size_t max_memory_allocated();
std::size_t memory_reserved();
/// Makes `max_memory_allocated` begin again at what is allocated now.
void reset_peak_memory();
/// The most that `memory_reserved` may become; 0 (the start): as much as the system gives. A tensor beyond it is an
/// OutOfMemoryError, after cached memory has been given back in vain.
void set_memory_limit(std::size_t bytes);
/// Returns cached memory of the CPU's allocator to the system: all pages that no tensor has a part of, their addresses,
/// the small blocks that the calling thread keeps, and what malloc has free.
void empty_cache();

}  // namespace reel
