// Blocks of a device's memory.

#include "runtime/blocks.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iterator>

#include "sanitizer.h"

namespace emulation {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kAddressSpace = std::size_t{1} << 38;
constexpr std::size_t kKept = std::size_t{64} << 20;  // a larger block that is given back leaves the host's memory
constexpr std::size_t kGuard = 64;
constexpr auto kGuardByte = std::byte{0xa5};

std::size_t round_up(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

}  // namespace

std::byte* Arena::take(std::size_t bytes) {
  bytes = round_up(bytes + kGuard, kAlignment);
  const auto hole = std::ranges::find_if(holes_, [&](const auto& entry) { return entry.second >= bytes; });
  if (hole != holes_.end()) {
    const auto [offset, size] = *hole;
    holes_.erase(hole);
    if (size > bytes) holes_.emplace(offset + bytes, size - bytes);
    return begin_ + offset;
  }
  if (!begin_) {
    void* space = mmap(nullptr, kAddressSpace, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) return nullptr;
    begin_ = reinterpret_cast<std::byte*>(round_up(reinterpret_cast<std::uintptr_t>(space), kHugePage));
    madvise(begin_, kAddressSpace - kHugePage, MADV_HUGEPAGE);  // the fewer pages, the quicker to open and to close
  }
  if (bytes > kAddressSpace - kHugePage - used_) return nullptr;
  used_ += bytes;
  return begin_ + used_ - bytes;
}

void Arena::give_back(std::byte* block, std::size_t bytes) {
  bytes = round_up(bytes + kGuard, kAlignment);
  const auto offset = static_cast<std::size_t>(block - begin_);
  if (bytes > kKept) {
    const std::size_t first = round_up(offset, kHugePage), last = (offset + bytes) / kHugePage * kHugePage;
    madvise(begin_ + first, last - first, MADV_DONTNEED);
  }
  const auto hole = holes_.emplace(offset, bytes).first;
  const auto join_next = [this](auto at) {
    const auto next = std::next(at);
    if (next == holes_.end() || at->first + at->second != next->first) return;
    at->second += next->second;
    holes_.erase(next);
  };
  join_next(hole);
  if (hole != holes_.begin()) join_next(std::prev(hole));
}

void Arena::guard(std::byte* block, std::size_t bytes) {
  std::fill(block + bytes, block + round_up(bytes + kGuard, kAlignment), kGuardByte);
}

bool Arena::is_intact(const std::byte* block, std::size_t bytes) {
  return std::all_of(block + bytes, block + bytes + kGuard, [](std::byte b) { return b == kGuardByte; });
}

void Arena::protect(bool open) {
  const std::size_t bytes = round_up(used_, kHugePage);
  if (bytes && mprotect(begin_, bytes, open ? PROT_READ | PROT_WRITE : PROT_NONE) != 0) std::abort();
}

std::byte* SanitizedHeap::take(std::size_t bytes) {
  void* block = nullptr;
  if (posix_memalign(&block, kAlignment, bytes) != 0) return nullptr;
  return blocks_.emplace(static_cast<std::byte*>(block), bytes).first->first;
}

void SanitizedHeap::give_back(std::byte* block, std::size_t bytes) {
  sanitizer::unpoison(block, bytes);
  blocks_.erase(block);
  std::free(block);
}

void SanitizedHeap::open() {
  for (const auto& [block, bytes] : blocks_) sanitizer::unpoison(block, bytes);
}

void SanitizedHeap::close() {
  for (const auto& [block, bytes] : blocks_) sanitizer::poison(block, bytes);
}

}  // namespace emulation
