#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

/// What an arena keeps its addresses in. Nothing here allocates but `reserve`, so that whoever asks it first cannot
/// fail half-way, and nothing throws.
namespace reel::detail {

/// A number for each of 16 classes of sizes from one power of two to the next, in their order.
constexpr std::size_t size_class(std::size_t bytes) {
  const auto power = static_cast<std::size_t>(std::bit_width(bytes | 16)) - 1;  // at least 4
  return power * 16 + ((bytes >> (power - 4)) & 15);
}

/// Consecutive addresses of an arena in one state.
struct Range {
  enum class State : std::uint8_t {
    spare,  // no range at all
    used,   // a block
    warm,   // free, and the system's memory behind it is ours
    cold,   // free addresses alone: what is written there first costs page faults
  };

  std::uintptr_t begin = 0;
  std::size_t bytes = 0;
  Range *before = nullptr, *after = nullptr;   // its neighbours, null where the arena's addresses end
  Range *previous = nullptr, *next = nullptr;  // in a list: of its bin, of its bucket, of spare ranges
  Range *older = nullptr, *newer = nullptr;    // of the warm ranges, by when they were freed
  State state = State::spare;
  std::uint8_t zone = 0;  // the kind of its addresses; neighbours share it

  std::uintptr_t end() const { return begin + bytes; }
};

/// Where ranges come from.
class RangePool {
 public:
  RangePool() = default;
  RangePool(const RangePool&) = delete;
  RangePool& operator=(const RangePool&) = delete;
  ~RangePool();

  /// Whether the next `count` calls of `take` succeed; false without memory.
  bool reserve(std::size_t count) noexcept;
  Range& take() noexcept;
  void put(Range& range) noexcept;
  /// Calls f(range) for all ranges in use, in no order; f may take and put ranges.
  template <class F> void for_each(F&& f) {
    for (Chunk* chunk = chunks_; chunk; chunk = chunk->next) {
      for (Range& range : chunk->ranges) {
        if (range.state != Range::State::spare) f(range);
      }
    }
  }

 private:
  struct Chunk {
    std::array<Range, 100> ranges;
    Chunk* next = nullptr;
  };

  Chunk* chunks_ = nullptr;
  Range* spare_ = nullptr;
  std::size_t spares_ = 0;
};

/// Free ranges by size: a list for each class.
class RangeBins {
 public:
  void add(Range& range) noexcept;
  void remove(Range& range) noexcept;
  /// The smallest range of at least `bytes`, or, among very many of about that size, a small one. Null if there is
  /// none, or none among the first thousand of its class.
  Range* fit(std::size_t bytes) const noexcept;
  /// The first range of the largest bin, and the one after `range` on the way to the smallest; null if there is none.
  Range* largest() const noexcept { return below(kBins); }
  Range* smaller(const Range& range) const noexcept { return range.next ? range.next : below(size_class(range.bytes)); }

 private:
  static constexpr std::size_t kBins = size_class(SIZE_MAX) + 1, kWord = 64;
  static Range* fit_in(Range* list, std::size_t bytes, int looks) noexcept;
  Range* below(std::size_t bin) const noexcept;

  std::array<Range*, kBins> first_{};
  std::array<std::uint64_t, kBins / kWord> filled_{};  // a bit for each bin
};

/// The ranges that are blocks, by address.
class BlockTable {
 public:
  BlockTable() = default;
  BlockTable(const BlockTable&) = delete;
  BlockTable& operator=(const BlockTable&) = delete;
  ~BlockTable();

  /// Whether there is room for another block; false without memory.
  bool reserve() noexcept;
  void add(Range& block) noexcept;
  /// Takes the block out that begins at `begin`.
  Range& remove(std::uintptr_t begin) noexcept;

 private:
  Range*& bucket(std::uintptr_t begin) noexcept;

  Range** buckets_ = nullptr;
  int bits_ = 0;  // there are 2^bits_ buckets
  std::size_t blocks_ = 0;
};

}  // namespace reel::detail
