#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

namespace reel::detail {

/// The size of a huge page.
inline constexpr std::size_t kHugePage = 2u << 20;

/// Fresh memory that begins with a huge page and asks for such pages; null if the system gives none. `more_flags` are
/// mmap's.
void* map_huge(std::size_t bytes, int more_flags = 0);

/// Memory for blocks of any size, which share huge pages. A block is cut from the smallest free range that holds it and
/// joins its free neighbours when it is freed, so that what blocks of one size leave serves every other size. Memory
/// can be given back, addresses are not. Not thread-safe.
class Arena {
 public:
  /// What a block of so many bytes takes: whole pages of 4 KiB.
  static constexpr std::size_t block(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

  /// A block, at the start of a page. Null if the system has none, or if `reserved` would grow by more than `budget`.
  void* allocate(std::size_t bytes, std::size_t budget) noexcept;
  void deallocate(void* data, std::size_t bytes) noexcept;
  /// Gives the system back the huge pages that no block has a part of.
  void give_back() noexcept;
  /// Bytes of the huge pages that blocks have had a part of since the system gave them.
  std::size_t reserved() const { return touched_.size() * kHugePage; }

 private:
  using Address = std::uintptr_t;
  static constexpr std::size_t kPage = 4096;

  void* cut(std::size_t bytes, std::size_t budget);
  void add_segment(std::size_t bytes) noexcept;
  void add_free(Address begin, std::size_t bytes);
  void remove_free(std::map<Address, std::size_t>::iterator range);
  void give_back(Address begin, std::size_t bytes) noexcept;

  std::map<Address, std::size_t> free_;                // the free ranges, of which no two touch
  std::set<std::pair<std::size_t, Address>> by_size_;  // the same
  std::unordered_set<Address> touched_;                // huge pages
};

}  // namespace reel::detail
