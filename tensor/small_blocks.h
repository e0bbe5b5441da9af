#pragma once

#include <cstddef>
#include <new>

/// Memory for the small objects that every operation makes and drops: tensors, storages, nodes, a few elements. Each
/// thread keeps the blocks that it frees, by size, so that most requests are two loads and a store.
namespace reel::detail {

/// Larger blocks come from operator new as they are.
inline constexpr std::size_t kMostSmallBytes = 1024;

/// At least `bytes` bytes, aligned for every dtype; null without memory. Any thread may free them, naming their size.
void* allocate_small(std::size_t bytes) noexcept;
void free_small(void* data, std::size_t bytes) noexcept;

/// Whether this thread keeps what it frees, and the former setting: tests that let operator new fail want to see every
/// request. Not keeping gives back what was kept.
bool keep_small_blocks(bool keep) noexcept;

/// Objects of classes derived from this live in small blocks.
class SmallObject {
 public:
  static void* operator new(std::size_t bytes) {
    if (void* data = allocate_small(bytes)) return data;
    throw std::bad_alloc();
  }
  static void operator delete(void* data, std::size_t bytes) noexcept { free_small(data, bytes); }

 protected:
  ~SmallObject() = default;
};

}  // namespace reel::detail
