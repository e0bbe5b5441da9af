#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include <reel/tensor/core/arena_ranges.h>

namespace reel::detail {

/// The sizes of the system's pages.
inline constexpr std::size_t kPage = 4096, kHugePage = 2u << 20;

/// Fresh memory that begins with a huge page; null if the system gives none.
void* map_pages(std::size_t bytes, bool huge) noexcept;

/// Memory for blocks of any size from 4 KiB up. A block is cut from the smallest free range that holds it and joins its
/// free neighbours when it is freed, so that what blocks of one size leave serves all sizes on the same side of
/// `kLarge` and `kVast`. Blocks from `kVast` up have addresses of their own, too: smaller ones would cut what a large
/// gradient leaves into pieces, and the next one would need as much again. Ranges whose memory the system has given
/// already go before those that cost page faults. Blocks from `kLarge` up lie on huge pages; smaller ones, which would
/// tear these, have ordinary pages and addresses of their own. Up to 64 MiB of these wait in lists by size when they
/// are freed, as they are: operations on so few elements take no longer than joining and cutting would. Not
/// thread-safe.
class Arena {
 public:
  /// The most addresses that are taken at a time, unless a single block needs more. They cost nothing before they are
  /// touched.
  static constexpr std::size_t kSegment = std::size_t{1} << 30;
  static constexpr std::size_t kSmall = 4096, kLarge = 256u << 10, kVast = 32u << 20;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  /// Memory of blocks that are still in use stays.
  ~Arena() { give_back(); }

  /// What a block of so many bytes takes: one of 16 sizes for each power of two, and from kLarge up whole pages.
  static constexpr std::size_t block(std::size_t bytes) {
    const std::size_t step = bytes < kLarge ? std::bit_floor(bytes) / 16 : kPage;
    return (bytes + step - 1) & ~(step - 1);  // a power of two
  }

  /// A block of at least kSmall bytes; null if the system has no addresses for it. The memory behind them comes when
  /// they are written to.
  void* allocate(std::size_t bytes) noexcept {
    bytes = block(bytes);
    Waiting** list = bytes < kLarge ? &waiting(bytes) : nullptr;
    if (!list || !*list) return cut(bytes);
    waiting_bytes_ -= bytes;
    return std::exchange(*list, (*list)->next);
  }
  void deallocate(void* data, std::size_t bytes) noexcept {
    bytes = block(bytes);
    if (bytes >= kLarge) return free(data);
    Waiting*& list = waiting(bytes);
    list = ::new (data) Waiting{list};
    waiting_bytes_ += bytes;
    if (waiting_bytes_ > kMaxWaiting) free_waiting();
  }

  /// Gives the system back at least `bytes` of the memory that no block lies in, if there is so much, what was freed
  /// longest ago first. Huge pages go as a whole, until that is `more` bytes; parts of them only where it is not yet
  /// `bytes`.
  void trim(std::size_t bytes, std::size_t more = 0) noexcept;
  /// Gives the system back all pages that no block has a part of, huge ones with their addresses.
  void give_back() noexcept;
  /// Bytes of the pages that blocks have had a part of since the system gave them.
  std::size_t reserved() const { return touched_; }

 private:
  using Address = std::uintptr_t;
  using State = Range::State;
  static constexpr std::size_t kMaxWaiting = 64u << 20;
  static constexpr std::size_t kFirstList = size_class(kSmall), kLists = size_class(kLarge) - kFirstList;
  static constexpr std::uint8_t zone_of(std::size_t bytes) { return bytes < kLarge ? 0 : bytes < kVast ? 1 : 2; }
  struct Zone {
    RangeBins warm, cold;
    std::size_t mapped = 0;
  };
  /// A block that waits, with the link in its own memory.
  struct Waiting {
    Waiting* next;
  };
  struct Place {
    Range* first = nullptr;  // the range that it begins in
    Address begin = 0;
  };

  void* cut(std::size_t bytes) noexcept;
  void free(void* data) noexcept;
  void free_waiting() noexcept;
  /// The list of blocks of that size, which is a block's.
  Waiting*& waiting(std::size_t bytes) noexcept { return waiting_[size_class(bytes) - kFirstList]; }

  Place find(std::uint8_t number, std::size_t bytes) noexcept;
  Place beside_warm(const Zone& zone, std::size_t bytes, std::size_t tries) const noexcept;
  bool add_segment(std::uint8_t number, std::size_t bytes) noexcept;
  Range& warm_up(Place place, Address end) noexcept;
  Range& take(Range& warm, Address begin, Address end) noexcept;
  std::size_t cool(Range& warm, std::size_t wanted, std::size_t page) noexcept;
  void unmap(Range& cold) noexcept;

  Range& change(Range& range, Address begin, Address end, State to) noexcept;
  Range& split(Range& range, Address at) noexcept;
  void resize(Range& range, Address begin, Address end) noexcept;
  Range& join(Range& range) noexcept;
  RangeBins& bins(const Range& range) noexcept;
  void add(Range& range) noexcept;
  void remove(Range& range) noexcept;

  RangePool pool_;
  BlockTable blocks_;
  std::array<Zone, 3> zones_;  // of small, of large and of vast blocks
  Range *oldest_ = nullptr, *newest_ = nullptr;
  std::array<Waiting*, kLists> waiting_{};  // from kSmall up to kLarge
  std::size_t waiting_bytes_ = 0;
  std::size_t touched_ = 0;
};

}  // namespace reel::detail
