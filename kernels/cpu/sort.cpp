// Stable sorting of rows on the CPU: radix sort, or partial comparison sorts of short rows and few results.

#include <reel/kernels/sort.h>

#include <array>
#include <limits>
#include <memory>
#include <utility>

#include <reel/kernels/cpu/parallel.h>

namespace reel::kernels::cpu {
namespace {

template <class Key, class Index> struct Item {
  Key key;
  Index index;

  /// No two items are equal, so every sort is stable.
  bool operator<(const Item& other) const { return key != other.key ? key < other.key : index < other.index; }
};

/// LSD radix sort by key. The result is in `items`.
template <class Key, class Index> void radix_sort(Item<Key, Index>* items, Item<Key, Index>* spare, std::int64_t n) {
  constexpr std::size_t digit = 11, passes = (8 * sizeof(Key) + digit - 1) / digit;
  constexpr std::size_t values = std::size_t{1} << digit;
  std::array<std::array<std::int64_t, values>, passes> start{};
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::size_t p = 0; p < passes; ++p) ++start[p][items[i].key >> (p * digit) & (values - 1)];
  }
  auto *from = items, *to = spare;
  for (std::size_t p = 0; p < passes; ++p) {
    auto& place = start[p];
    if (place[from[0].key >> (p * digit) & (values - 1)] == n) continue;  // all items have the same digit
    std::int64_t sum = 0;
    for (std::int64_t& count : place) sum += std::exchange(count, sum);
    for (std::int64_t i = 0; i < n; ++i) to[place[from[i].key >> (p * digit) & (values - 1)]++] = from[i];
    std::swap(from, to);
  }
  if (from != items) std::copy(from, from + n, items);
}

/// From this length on radix sort beats comparison sorts.
template <class Key> constexpr std::int64_t kRadix = sizeof(Key) == 4 ? 512 : 2048;

template <class T, class Index> void sort_rows(const SortArgs& args) {
  using Key = SortKey<T>;
  using Pair = Item<Key, Index>;
  const std::int64_t n = args.n, k = args.k;
  const std::int64_t grain = std::max<std::int64_t>(1, kGrain / 8 / std::max<std::int64_t>(n, 1));
  parallel_for(args.rows, grain, [&](std::int64_t begin, std::int64_t end) {
    const bool radix = n >= kRadix<Key> && k > n / 8;
    const auto items = std::make_unique_for_overwrite<Pair[]>(static_cast<std::size_t>(radix ? 2 * n : n));
    for (std::int64_t row = begin; row < end; ++row) {
      const T* x = static_cast<const T*>(args.x) + row * n;
      for (std::int64_t i = 0; i < n; ++i) {
        items[static_cast<std::size_t>(i)] = {sort_key(x[i], args.descending), static_cast<Index>(i)};
      }
      Pair* first = items.get();
      if (radix) {
        radix_sort(first, first + n, n);
      } else {
        if (k < n) std::nth_element(first, first + k, first + n);
        std::sort(first, first + k);
      }
      T* values = static_cast<T*>(args.values) + row * k;
      for (std::int64_t i = 0; i < k; ++i) {
        args.indices[row * k + i] = static_cast<std::int64_t>(first[i].index);
        values[i] = x[first[i].index];
      }
    }
  });
}

}  // namespace

void sort(const SortArgs& args) {
  const bool small = args.n <= std::numeric_limits<std::uint32_t>::max();
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    if (small) sort_rows<T, std::uint32_t>(args);
    else sort_rows<T, std::uint64_t>(args);
  });
}

}  // namespace reel::kernels::cpu
