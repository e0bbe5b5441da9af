#include <reel/tensor/small_blocks.h>

#include <array>
#include <cstdint>

namespace reel::detail {
namespace {

// AddressSanitizer is to see every block's end and death.
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kKeeps = false;
#else
constexpr bool kKeeps = true;
#endif

constexpr std::size_t kStep = 64;                          // sizes are rounded up to multiples of this
constexpr std::size_t kClasses = kMostSmallBytes / kStep;  // 64, 128, ...
constexpr std::size_t kMostKept = 256 * 1024;              // bytes of each class in each thread
constexpr std::size_t class_of(std::size_t bytes) { return bytes == 0 ? 0 : (bytes - 1) / kStep; }
constexpr std::size_t size_of_class(std::size_t c) { return (c + 1) * kStep; }

struct FreeBlock {
  FreeBlock* next;
};

/// A thread's free blocks. Without constructor and destructor, so that reaching them takes no check; and placed when
/// the program starts (initial-exec), so that it takes no call.
struct FreeLists {
  std::array<FreeBlock*, kClasses> first;
  std::array<std::uint32_t, kClasses> room;  // how many more blocks may be kept
  enum class State : std::uint8_t { fresh, keeping, refusing } state;
};
[[gnu::tls_model("initial-exec")]] constinit thread_local FreeLists lists{};

void open() noexcept {
  for (std::size_t c = 0; c < kClasses; ++c) lists.room[c] = static_cast<std::uint32_t>(kMostKept / size_of_class(c));
  lists.state = FreeLists::State::keeping;
}

void close() noexcept {
  for (std::size_t c = 0; c < kClasses; ++c) {
    lists.room[c] = 0;
    while (FreeBlock* block = lists.first[c]) {
      lists.first[c] = block->next;
      ::operator delete(block);
    }
  }
  lists.state = FreeLists::State::refusing;
}

/// Gives the blocks back when the thread ends; those that come later are not kept any more.
struct Closer {
  void arm() {}  // whoever names a thread's object has it destroyed at the end
  ~Closer() { close(); }
};
thread_local Closer closer;

/// The first block that a thread frees opens its lists.
void free_without_room(void* data) noexcept {
  if (kKeeps && lists.state == FreeLists::State::fresh) {
    closer.arm();
    open();
  }
  ::operator delete(data);
}

}  // namespace

void* allocate_small(std::size_t bytes) noexcept {
  if (bytes > kMostSmallBytes) return ::operator new(bytes, std::nothrow);
  const std::size_t c = class_of(bytes);
  FreeBlock* block = lists.first[c];
  if (!block) return ::operator new(size_of_class(c), std::nothrow);
  lists.first[c] = block->next;
  ++lists.room[c];
  return block;
}

void free_small(void* data, std::size_t bytes) noexcept {
  if (bytes > kMostSmallBytes) return ::operator delete(data);
  const std::size_t c = class_of(bytes);
  if (lists.room[c] == 0) return free_without_room(data);
  --lists.room[c];
  lists.first[c] = ::new (data) FreeBlock{lists.first[c]};
}

bool keep_small_blocks(bool keep) noexcept {
  const bool former = lists.state != FreeLists::State::refusing;
  if (keep && !former) lists.state = FreeLists::State::fresh;
  if (!keep && former) close();
  return former;
}

}  // namespace reel::detail
