// Each thread's lists of free small blocks.

#include <reel/tensor/core/small_blocks.h>

namespace reel::detail {

constinit thread_local FreeLists free_lists{};

namespace {

// AddressSanitizer is to see every block's end and death.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

constexpr std::size_t kMaxKeptBytes = 256 * 1024;  // bytes of each size in each thread
constexpr std::size_t rounded(std::size_t bytes) {
  return bytes == 0 ? kSmallStep : (bytes + kSmallStep - 1) / kSmallStep * kSmallStep;
}

void open() noexcept {
  std::size_t bytes = 0;
  for (FreeLists::List& list : free_lists.of_size) list.room = kMaxKeptBytes / (bytes += kSmallStep);
  free_lists.state = FreeLists::State::keeping;
}

void close() noexcept {
  for (FreeLists::List& list : free_lists.of_size) {
    list.room = 0;
    while (FreeLists::Block* block = list.first) {
      list.first = block->next;
      ::operator delete(block);
    }
  }
  free_lists.state = FreeLists::State::refusing;
}

/// Gives the blocks back when the thread ends; those that come later are not kept any more.
struct Closer {
  void arm() {}  // the first use of a thread-local object registers its destructor
  ~Closer() { close(); }
};
thread_local Closer closer;

}  // namespace

void* allocate_new_block(std::size_t bytes) noexcept {
  return ::operator new(bytes > kMaxSmallBytes ? bytes : rounded(bytes), std::nothrow);
}

/// The first small block that a thread frees opens its lists.
void free_to_system(void* data, std::size_t bytes) noexcept {
  if (kKeeps && bytes <= kMaxSmallBytes && free_lists.state == FreeLists::State::unopened) {
    closer.arm();
    open();
  }
  ::operator delete(data);
}

bool keep_small_blocks(bool keep) noexcept {
  const bool former = free_lists.state != FreeLists::State::refusing;
  if (keep && !former) free_lists.state = FreeLists::State::unopened;
  if (!keep && former) close();
  return former;
}

}  // namespace reel::detail
