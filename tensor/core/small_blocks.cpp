// Each thread's lists of free small blocks.

#include <reel/tensor/core/small_blocks.h>

#include <array>
#include <atomic>
#include <numeric>

#include <reel/tensor/core/fork.h>
#include <reel/tensor/core/sanitizers.h>

namespace reel::detail {

constinit thread_local FreeLists free_lists{};

namespace {

constexpr std::size_t kMaxKeptBytes = 256 * 1024;  // of each size in each thread
constexpr std::size_t kMaxOfProcess = 64u << 20;   // of all sizes in all threads: idle threads keep theirs
constexpr std::size_t kStep = 16 * 1024;           // a list's room grows by so much
constexpr std::size_t rounded(std::size_t bytes) {
  return bytes == 0 ? kSmallStep : (bytes + kSmallStep - 1) / kSmallStep * kSmallStep;
}

/// What is left of kMaxOfProcess, and what this thread has of it for each size.
constinit std::atomic<std::size_t> budget{kMaxOfProcess};
using Bytes = std::array<std::size_t, kMaxSmallBytes / kSmallStep>;
constinit thread_local Bytes granted{};

bool take_of_budget(std::size_t bytes) noexcept {
  std::size_t left = budget.load(std::memory_order_relaxed);
  while (left >= bytes) {
    if (budget.compare_exchange_weak(left, left - bytes, std::memory_order_relaxed)) return true;
  }
  return false;
}

void close() noexcept {
  for (FreeLists::List& list : free_lists.of_size) {
    list.room = 0;
    while (FreeLists::Block* block = list.first) {
      list.first = block->next;
      ::operator delete(block);
    }
  }
  for (std::size_t& bytes : granted) {
    budget.fetch_add(bytes, std::memory_order_relaxed);
    bytes = 0;
  }
  free_lists.state = FreeLists::State::refusing;
}

/// Gives the blocks back when the thread ends; those that come later are not kept any more.
struct Closer {
  void arm() {}  // the first use of a thread-local object registers its destructor
  ~Closer() { close(); }
};
thread_local Closer closer;

/// A forked child has this thread alone: what the others had been granted is there for threads of its own.
void take_back_grants() noexcept {
  budget = kMaxOfProcess - std::accumulate(granted.begin(), granted.end(), std::size_t{0});
}
const ForkHook fork_hook(nullptr, &take_back_grants);

/// Whether the list of these blocks may keep more of them than before. The first block that a thread frees opens its
/// lists.
bool make_room(std::size_t bytes) noexcept {
  if (free_lists.state == FreeLists::State::refusing) return false;
  if (free_lists.state == FreeLists::State::unopened) {
    closer.arm();
    free_lists.state = FreeLists::State::keeping;
  }
  const std::size_t block = rounded(bytes), blocks = kStep / block;
  std::size_t& list = granted[block / kSmallStep - 1];
  if (list + blocks * block > kMaxKeptBytes || !take_of_budget(blocks * block)) return false;
  list += blocks * block;
  free_lists[bytes].room += blocks;
  return true;
}

}  // namespace

void* allocate_new_block(std::size_t bytes) noexcept {
  return ::operator new(bytes > kMaxSmallBytes ? bytes : rounded(bytes), std::nothrow);
}

void free_to_system(void* data, std::size_t bytes) noexcept {
  if (!kAddressSanitizer && bytes <= kMaxSmallBytes && make_room(bytes)) return free_small(data, bytes);
  ::operator delete(data);
}

bool keep_small_blocks(bool keep) noexcept {
  const bool former = free_lists.state != FreeLists::State::refusing;
  if (keep && !former) free_lists.state = FreeLists::State::unopened;
  if (!keep && former) close();
  return former;
}

}  // namespace reel::detail
