// What an arena keeps its addresses in: ranges, bins of free ones, a table of blocks.

#include <reel/tensor/core/arena_ranges.h>

#include <algorithm>
#include <bit>
#include <new>

namespace reel::detail {

RangePool::~RangePool() {
  while (Chunk* chunk = chunks_) {
    chunks_ = chunk->next;
    delete chunk;
  }
}

bool RangePool::reserve(std::size_t count) noexcept {
  while (spares_ < count) {
    auto* chunk = new (std::nothrow) Chunk;
    if (!chunk) return false;
    chunk->next = chunks_;
    chunks_ = chunk;
    for (Range& range : chunk->ranges) put(range);
  }
  return true;
}

Range& RangePool::take() noexcept {
  Range& range = *spare_;
  spare_ = range.next;
  --spares_;
  range = Range();
  return range;
}

void RangePool::put(Range& range) noexcept {
  range.state = Range::State::spare;
  range.next = spare_;
  spare_ = &range;
  ++spares_;
}

void RangeBins::add(Range& range) noexcept {
  const std::size_t bin = size_class(range.bytes);
  Range*& first = first_[bin];
  range.previous = nullptr;
  range.next = first;
  if (first) first->previous = &range;
  first = &range;
  filled_[bin / kWord] |= std::uint64_t{1} << bin % kWord;
}

void RangeBins::remove(Range& range) noexcept {
  if (range.next) range.next->previous = range.previous;
  if (range.previous) {
    range.previous->next = range.next;
    return;
  }
  const std::size_t bin = size_class(range.bytes);
  first_[bin] = range.next;
  if (!range.next) filled_[bin / kWord] &= ~(std::uint64_t{1} << bin % kWord);
}

Range* RangeBins::fit_in(Range* list, std::size_t bytes, int looks) noexcept {
  Range* best = nullptr;
  for (; list && looks > 0; list = list->next, --looks) {
    if (list->bytes == bytes) return list;
    if (list->bytes > bytes && (!best || list->bytes < best->bytes)) best = list;
  }
  return best;
}

Range* RangeBins::fit(std::size_t bytes) const noexcept {
  constexpr int few = 16, many = 1000;
  const std::size_t bin = size_class(bytes);
  if (Range* range = fit_in(first_[bin], bytes, few)) return range;
  std::size_t word = (bin + 1) / kWord;  // all of the next bins' ranges are large enough
  std::uint64_t bits = word < filled_.size() ? filled_[word] & (~std::uint64_t{0} << (bin + 1) % kWord) : 0;
  while (!bits) {
    if (++word >= filled_.size()) return fit_in(first_[bin], bytes, many);  // costs less than fresh pages
    bits = filled_[word];
  }
  return fit_in(first_[word * kWord + static_cast<std::size_t>(std::countr_zero(bits))], bytes, few);
}

Range* RangeBins::below(std::size_t bin) const noexcept {
  std::size_t word = bin / kWord;
  std::uint64_t bits = word < filled_.size() ? filled_[word] & ~(~std::uint64_t{0} << bin % kWord) : 0;
  while (!bits) {
    if (word-- == 0) return nullptr;
    bits = filled_[word];
  }
  return first_[word * kWord + static_cast<std::size_t>(std::bit_width(bits)) - 1];
}

BlockTable::~BlockTable() { ::operator delete(buckets_); }

bool BlockTable::reserve() noexcept {
  if (buckets_ && blocks_ < std::size_t{1} << bits_) return true;
  const int bits = buckets_ ? bits_ + 1 : 10;
  const std::size_t count = std::size_t{1} << bits;
  auto* fresh = static_cast<Range**>(::operator new(count * sizeof(void*), std::nothrow));
  if (!fresh) return buckets_ != nullptr;  // longer chains are slower, nothing else
  std::fill_n(fresh, count, nullptr);
  Range** former = buckets_;
  const std::size_t former_count = former ? count / 2 : 0;
  buckets_ = fresh;
  bits_ = bits;
  blocks_ = 0;
  for (std::size_t i = 0; i < former_count; ++i) {
    while (Range* block = former[i]) {
      former[i] = block->next;
      add(*block);
    }
  }
  ::operator delete(former);
  return true;
}

Range*& BlockTable::bucket(std::uintptr_t begin) noexcept {
  return buckets_[begin * std::uint64_t{0x9E3779B97F4A7C15} >> (64 - bits_)];  // Fibonacci hashing
}

void BlockTable::add(Range& block) noexcept {
  Range*& first = bucket(block.begin);
  block.next = first;
  first = &block;
  ++blocks_;
}

Range& BlockTable::remove(std::uintptr_t begin) noexcept {
  Range** link = &bucket(begin);
  while ((*link)->begin != begin) link = &(*link)->next;
  Range& block = **link;
  *link = block.next;
  --blocks_;
  return block;
}

}  // namespace reel::detail
