#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

/// Memory for the small objects that every operation makes and drops: tensors, storages, nodes, a few elements. Each
/// thread keeps the blocks that it frees, by size, so that most requests are two loads and a store, without a call.
namespace reel::detail {

/// Larger blocks come from operator new as they are.
inline constexpr std::size_t kMaxSmallBytes = 1024;

/// Sizes are rounded up to multiples of this.
inline constexpr std::size_t kSmallStep = 64;

/// A thread's free blocks, by size: 64, 128, ... Without constructor and destructor and with the TLS model
/// initial-exec, so that access needs neither a guard nor a call.
struct FreeLists {
  struct Block {
    Block* next;
  };
  struct List {
    Block* first;
    std::size_t room;  // how many more blocks may be kept
  };
  std::array<List, kMaxSmallBytes / kSmallStep> of_size;
  enum class State : std::uint8_t { unopened, keeping, refusing } state;

  List& operator[](std::size_t bytes) { return of_size[bytes == 0 ? 0 : (bytes - 1) / kSmallStep]; }
};
[[gnu::tls_model("initial-exec")]] extern constinit thread_local FreeLists free_lists;

/// The slow paths of the two functions below: no block is kept, or no more may be.
void* allocate_new_block(std::size_t bytes) noexcept;
void free_to_system(void* data, std::size_t bytes) noexcept;

/// At least `bytes` bytes, aligned for every dtype; null without memory. Any thread may free them, with the same size.
inline void* allocate_small(std::size_t bytes) noexcept {
  if (bytes > kMaxSmallBytes) return allocate_new_block(bytes);
  FreeLists::List& list = free_lists[bytes];
  FreeLists::Block* block = list.first;
  if (!block) return allocate_new_block(bytes);
  list.first = block->next;
  ++list.room;
  return block;
}
inline void free_small(void* data, std::size_t bytes) noexcept {
  if (bytes > kMaxSmallBytes) return free_to_system(data, bytes);
  FreeLists::List& list = free_lists[bytes];
  if (list.room == 0) return free_to_system(data, bytes);
  --list.room;
  list.first = ::new (data) FreeLists::Block{list.first};
}

/// Whether this thread keeps what it frees, and the former setting: tests that let operator new fail must see every
/// request. Not keeping also frees what was kept.
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
