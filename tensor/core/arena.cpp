// Memory for blocks of any size, cut from shared pages.

#include <reel/tensor/core/arena.h>

#include <sys/mman.h>

#include <algorithm>

namespace reel::detail {
namespace {

/// The first addresses of a kind; each further segment is as large as all before, up to kSegment. So a process that may
/// have few addresses keeps half of them for others.
constexpr std::size_t kFirstSegment = 64u << 20;

constexpr std::uintptr_t round_down(std::uintptr_t address, std::size_t page) { return address / page * page; }
constexpr std::uintptr_t round_up(std::uintptr_t address, std::size_t page) {
  return round_down(address + page - 1, page);
}
constexpr std::size_t page_of(std::uint8_t zone) { return zone > 0 ? kHugePage : kPage; }

void* pointer(std::uintptr_t address) { return reinterpret_cast<void*>(address); }

void connect(Range* left, Range* right) {
  if (left) left->after = right;
  if (right) right->before = left;
}

}  // namespace

void* map_pages(std::size_t bytes, bool huge) noexcept {
  // Segments count when they are touched; what one tensor asks for beyond is refused at once where it cannot be.
  const int flags = MAP_PRIVATE | MAP_ANONYMOUS | (bytes > Arena::kSegment ? 0 : MAP_NORESERVE);
  // Over-allocate to find a 2 MiB boundary, then give the ends back. The higher boundary is next to what was mapped
  // before, as the system goes downwards, so that the two join.
  const std::size_t padded = bytes + kHugePage;
  void* raw = mmap(nullptr, padded, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<std::uintptr_t>(raw);
  const std::uintptr_t aligned = round_down(start + kHugePage, kHugePage);
  if (aligned > start) munmap(raw, aligned - start);
  if (const std::uintptr_t tail = start + padded - (aligned + bytes)) munmap(pointer(aligned + bytes), tail);
  madvise(pointer(aligned), bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return pointer(aligned);
}

void Arena::free_waiting() noexcept {
  for (Waiting*& list : waiting_) {
    while (list) {
      Waiting* next = list->next;
      free(list);
      list = next;
    }
  }
  waiting_bytes_ = 0;
}

void* Arena::cut(std::size_t bytes) noexcept {
  if (!blocks_.reserve()) return nullptr;
  const Place place = find(zone_of(bytes), bytes);
  if (!place.first || !pool_.reserve(4)) return nullptr;
  const Address end = place.begin + bytes;
  Range& taken = take(warm_up(place, end), place.begin, end);
  blocks_.add(taken);
  return pointer(taken.begin);
}

void Arena::free(void* data) noexcept {
  Range& range = blocks_.remove(reinterpret_cast<Address>(data));
  range.state = State::warm;
  add(join(range));
}

Arena::Place Arena::find(std::uint8_t number, std::size_t bytes) noexcept {
  const Zone& zone = zones_[number];
  Range* warm = zone.warm.fit(bytes);
  if (!warm && number == 0) {
    free_waiting();  // rather than touch fresh pages
    warm = zone.warm.fit(bytes);
  }
  if (warm) return {warm, warm->begin};
  do {
    if (const Place place = beside_warm(zone, bytes, 8); place.first) return place;
    if (Range* cold = zone.cold.fit(bytes)) return {cold, cold->begin};
  } while (add_segment(number, bytes));
  return beside_warm(zone, bytes, SIZE_MAX);
}

/// Where one of the largest warm ranges and what is free beside it make up enough: the fewer pages are fresh.
Arena::Place Arena::beside_warm(const Zone& zone, std::size_t bytes, std::size_t tries) const noexcept {
  const auto is_free = [](const Range* range) { return range && range->state != State::used; };
  for (Range* warm = zone.warm.largest(); warm && tries-- > 0; warm = zone.warm.smaller(*warm)) {
    const Range *first = warm, *last = warm;
    while (is_free(first->before)) first = first->before;
    while (is_free(last->after)) last = last->after;
    if (last->end() - first->begin < bytes) continue;
    Place place{warm, std::min(warm->begin, last->end() - bytes)};
    while (place.first->begin > place.begin) place.first = place.first->before;
    return place;
  }
  return {};
}

bool Arena::add_segment(std::uint8_t number, std::size_t bytes) noexcept {
  if (!pool_.reserve(1)) return false;
  Zone& zone = zones_[number];
  const std::size_t least = round_up(bytes, kHugePage);
  std::size_t size = std::max(least, std::clamp(round_up(zone.mapped, kHugePage), kFirstSegment, kSegment));
  void* data = map_pages(size, number > 0);
  while (!data && size > least) {  // less where the process may not have so many addresses
    size = std::max(least, round_up(size / 2, kHugePage));
    data = map_pages(size, number > 0);
  }
  if (!data) return false;
  zone.mapped += size;
  Range& fresh = pool_.take();
  fresh.begin = reinterpret_cast<Address>(data);
  fresh.bytes = size;
  fresh.zone = number;
  pool_.for_each([&](Range& other) {
    if (other.zone != number) return;
    if (other.end() == fresh.begin) connect(&other, &fresh);
    if (other.begin == fresh.end()) connect(&fresh, &other);
  });
  fresh.state = State::cold;
  add(join(fresh));
  return true;
}

/// Makes one warm range of all from `place` to `end`, which takes the pages that this lies in.
Range& Arena::warm_up(Place place, Address end) noexcept {
  for (Range* range = place.first;; range = range->after) {
    if (range->state == State::cold) {
      const std::size_t page = page_of(range->zone);
      const Address from = std::max(range->begin, round_down(place.begin, page));
      const Address to = std::min(range->end(), round_up(end, page));
      touched_ += to - from;
      range = &change(*range, from, to, State::warm);
    }
    if (range->end() >= end) return *range;
  }
}

/// Cuts a block. What is left before it, or else behind it, stays as old as it was; a second rest becomes the newest.
Range& Arena::take(Range& warm, Address begin, Address end) noexcept {
  Range* block = &warm;
  if (begin > warm.begin) {
    Range* rest = end < warm.end() ? &split(warm, end) : nullptr;
    block = &split(warm, begin);
    if (rest) add(*rest);
  } else if (end < warm.end()) {
    block = &pool_.take();
    block->begin = begin;
    block->bytes = end - begin;
    block->zone = warm.zone;
    connect(warm.before, block);
    connect(block, &warm);
    resize(warm, end, warm.end());
  } else {
    remove(warm);
  }
  block->state = State::used;
  return *block;
}

void Arena::trim(std::size_t bytes, std::size_t more) noexcept {
  free_waiting();
  std::size_t given = 0;
  for (const bool whole : {true, false}) {
    const std::size_t wanted = whole ? std::max(bytes, more) : bytes;
    for (Range* range = oldest_; range && given < wanted;) {
      Range* newer = range->newer;
      given += cool(*range, wanted - given, whole ? page_of(range->zone) : kPage);
      range = newer;
    }
  }
}

void Arena::give_back() noexcept {
  free_waiting();
  for (Range* range = oldest_; range;) {
    Range* newer = range->newer;
    cool(*range, SIZE_MAX, page_of(range->zone));
    range = newer;
  }
  pool_.for_each([this](Range& range) {
    if (range.state == State::cold) unmap(range);
  });
}

/// Gives back about `wanted` bytes, in whole pages, of the end of a range, which is reused last. Returns how many.
/// Beside cold addresses the pages are torn already.
std::size_t Arena::cool(Range& warm, std::size_t wanted, std::size_t page) noexcept {
  const auto is_cold = [](const Range* range) { return range && range->state == State::cold; };
  Address begin = is_cold(warm.before) ? warm.begin : round_up(warm.begin, page);
  const Address end = is_cold(warm.after) ? warm.end() : round_down(warm.end(), page);
  if (begin >= end || !pool_.reserve(2)) return 0;
  if (end - begin > wanted) begin = std::max(begin, round_down(end - wanted, page));
  if (madvise(pointer(begin), end - begin, MADV_DONTNEED) != 0) return 0;  // a program may have locked its pages
  touched_ -= end - begin;
  change(warm, begin, end, State::cold);
  return end - begin;
}

/// Gives back the addresses of the huge pages of a range.
void Arena::unmap(Range& cold) noexcept {
  const Address begin = round_up(cold.begin, kHugePage), end = round_down(cold.end(), kHugePage);
  if (begin >= end || !pool_.reserve(1) || munmap(pointer(begin), end - begin) != 0) return;
  zones_[cold.zone].mapped -= end - begin;
  Range* rest = end < cold.end() ? &split(cold, end) : nullptr;
  connect(nullptr, rest ? rest : cold.after);
  if (rest) add(*rest);
  cold.after = nullptr;
  if (begin > cold.begin) return resize(cold, cold.begin, begin);
  remove(cold);
  connect(cold.before, nullptr);
  pool_.put(cold);
}

/// Changes the state of a part of a free range, which joins its neighbours of that state. Takes up to two ranges.
Range& Arena::change(Range& range, Address begin, Address end, State to) noexcept {
  Range* part = &range;
  Range* rest = end < range.end() ? &split(range, end) : nullptr;
  if (begin > range.begin) part = &split(range, begin);
  else remove(range);
  part->state = to;
  add(join(*part));
  if (rest) add(*rest);
  return *part;
}

/// Shortens a free range to what lies before `at`; returns the rest, which is in no list yet.
Range& Arena::split(Range& range, Address at) noexcept {
  Range& rest = pool_.take();
  rest.begin = at;
  rest.bytes = range.end() - at;
  rest.state = range.state;
  rest.zone = range.zone;
  connect(&rest, range.after);
  connect(&range, &rest);
  resize(range, range.begin, at);
  return rest;
}

void Arena::resize(Range& range, Address begin, Address end) noexcept {
  bins(range).remove(range);
  range.begin = begin;
  range.bytes = end - begin;
  bins(range).add(range);
}

/// Swallows the neighbours that are in the same state. The range is in no list yet.
Range& Arena::join(Range& range) noexcept {
  if (Range* left = range.before; left && left->state == range.state) {
    remove(*left);
    range.begin = left->begin;
    range.bytes += left->bytes;
    connect(left->before, &range);
    pool_.put(*left);
  }
  if (Range* right = range.after; right && right->state == range.state) {
    remove(*right);
    range.bytes += right->bytes;
    connect(&range, right->after);
    pool_.put(*right);
  }
  return range;
}

RangeBins& Arena::bins(const Range& range) noexcept {
  Zone& zone = zones_[range.zone];
  return range.state == State::warm ? zone.warm : zone.cold;
}

void Arena::add(Range& range) noexcept {
  bins(range).add(range);
  if (range.state != State::warm) return;
  range.newer = nullptr;
  range.older = newest_;
  (newest_ ? newest_->newer : oldest_) = &range;
  newest_ = &range;
}

void Arena::remove(Range& range) noexcept {
  bins(range).remove(range);
  if (range.state != State::warm) return;
  (range.older ? range.older->newer : oldest_) = range.newer;
  (range.newer ? range.newer->older : newest_) = range.older;
}

}  // namespace reel::detail
