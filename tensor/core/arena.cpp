// Memory for blocks of any size, cut from shared huge pages.

#include <reel/tensor/core/arena.h>

#include <sys/mman.h>

#include <iterator>
#include <new>

namespace reel::detail {
namespace {

/// Address space is taken in such pieces. It costs nothing before it is touched.
constexpr std::size_t kSegment = std::size_t{1} << 30;

constexpr std::uintptr_t round_down(std::uintptr_t address) { return address / kHugePage * kHugePage; }
constexpr std::uintptr_t round_up(std::uintptr_t address) { return round_down(address + kHugePage - 1); }

}  // namespace

void* map_huge(std::size_t bytes, int more_flags) {
  // Over-allocate to find a 2 MiB boundary, then give the ends back.
  const std::size_t padded = bytes + kHugePage;
  void* raw = mmap(nullptr, padded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | more_flags, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t aligned = round_up(start);
  if (aligned > start) munmap(raw, aligned - start);
  if (const std::uintptr_t tail = start + padded - (aligned + bytes))
    munmap(reinterpret_cast<void*>(aligned + bytes), tail);
  auto* data = reinterpret_cast<void*>(aligned);
  madvise(data, bytes, MADV_HUGEPAGE);
  return data;
}

void* Arena::allocate(std::size_t bytes, std::size_t budget) noexcept {
  try {
    return cut(block(bytes), budget);
  } catch (const std::bad_alloc&) {  // no memory for the lists themselves
    return nullptr;
  }
}

void* Arena::cut(std::size_t bytes, std::size_t budget) {
  auto fit = by_size_.lower_bound({bytes, 0});
  if (fit == by_size_.end()) {
    add_segment(bytes);
    fit = by_size_.lower_bound({bytes, 0});
    if (fit == by_size_.end()) return nullptr;
  }
  const auto [size, begin] = *fit;
  std::size_t untouched = 0;
  for (Address page = round_down(begin); page < begin + bytes; page += kHugePage) untouched += !touched_.contains(page);
  if (untouched * kHugePage > budget) return nullptr;
  if (untouched) {
    for (Address page = round_down(begin); page < begin + bytes; page += kHugePage) touched_.insert(page);
  }
  if (size > bytes) add_free(begin + bytes, size - bytes);
  remove_free(free_.find(begin));
  return reinterpret_cast<void*>(begin);
}

void Arena::deallocate(void* data, std::size_t bytes) noexcept {
  auto begin = reinterpret_cast<Address>(data);
  std::size_t size = block(bytes);
  const auto after = free_.lower_bound(begin);
  if (after != free_.begin()) {
    if (const auto before = std::prev(after); before->first + before->second == begin) {
      begin = before->first;
      size += before->second;
      remove_free(before);
    }
  }
  if (after != free_.end() && after->first == begin + size) {
    size += after->second;
    remove_free(after);
  }
  try {
    add_free(begin, size);
  } catch (const std::bad_alloc&) {  // no memory for the lists: the address range is lost, its pages are not
    give_back(begin, size);
  }
}

void Arena::give_back() noexcept {
  for (const auto& [begin, bytes] : free_) give_back(begin, bytes);
}

void Arena::give_back(Address begin, std::size_t bytes) noexcept {
  const Address first = round_up(begin), last = round_down(begin + bytes);
  if (first >= last) return;
  madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
  for (Address page = first; page < last; page += kHugePage) touched_.erase(page);
}

void Arena::add_segment(std::size_t bytes) noexcept {
  // Not counted by the system before it is touched; less where the process may not have so many addresses.
  for (std::size_t size = kSegment; size >= bytes; size /= 2) {
    if (void* data = map_huge(size, MAP_NORESERVE)) return deallocate(data, size);
  }
}

void Arena::add_free(Address begin, std::size_t bytes) {
  const auto [range, added] = free_.emplace(begin, bytes);
  try {
    by_size_.emplace(bytes, begin);
  } catch (...) {
    free_.erase(range);
    throw;
  }
}

void Arena::remove_free(std::map<Address, std::size_t>::iterator range) {
  by_size_.erase({range->second, range->first});
  free_.erase(range);
}

}  // namespace reel::detail
