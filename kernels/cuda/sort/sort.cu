// Sorts rows: in one launch where a block can hold a row, the first few of longer ones by rounds that keep the first of
// each tile, and whole long rows by radix sort.

#include <reel/kernels/sort.h>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/sort/radix_sort.h>
#include <reel/kernels/cuda/sort/tile_sort.h>

namespace reel::kernels::cuda {
namespace {

using namespace sorting;

/// The elements of the rows.
template <class T> struct Elements {
  const T* x;
  std::int64_t n;
  bool descending;

  __device__ void operator()(std::int64_t row, std::int64_t i, SortKey<T>& key, std::uint32_t& from) const {
    key = sort_key(x[row * n + i], descending);
    from = static_cast<std::uint32_t>(i);
  }
};

/// The results: the first k elements of each row in order, and where they came from.
template <class T> struct Results {
  const T* x;
  std::int64_t n, k;
  T* values;
  std::int64_t* indices;

  __device__ void write(std::int64_t row, std::int64_t i, std::uint32_t from) const {
    values[row * k + i] = x[row * n + from];
    indices[row * k + i] = from;
  }
  __device__ void operator()(std::int64_t row, std::int64_t, std::int64_t i, SortKey<T>, std::uint32_t from) const {
    write(row, i, from);
  }
};

/// The first k of long rows, where that is little.
template <class T> void sort_rounds(std::int64_t rows, const Elements<T>& elements, const Results<T>& results) {
  using Key = SortKey<T>;
  const auto after = [&](const SortTiles& tiles) { return tiles.per_row * results.k; };
  const SortTiles first(rows, elements.n);
  const PairScratch<Key> memory(rows * after(first)), spare(rows * after(SortTiles(rows, after(first))));
  PairRows<Key> from{memory.get(), after(first), results.k}, to{spare.get(), 0, results.k};
  launch_sort<Key>(first, elements, from, results.k);
  while (from.n > kSortTile) {
    const SortTiles tiles(rows, from.n);
    to.n = after(tiles);
    launch_sort<Key>(tiles, from, to, results.k);
    std::swap(from, to);
  }
  launch_sort<Key>(SortTiles(rows, from.n), from, results, results.k);
}

template <class T>
__global__ void make_pairs(Elements<T> elements, Divisor<std::int64_t> n, std::int64_t count, Pairs<SortKey<T>> pairs) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const std::int64_t row = i / n, column = i % n;
  elements(row, column, pairs.key[i], pairs.from[i]);
}

template <class T> __global__ void write_results(const std::uint32_t* from, Divisor<std::int64_t> k, std::int64_t count,
                                                 Results<T> results) {
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= count) return;
  const std::int64_t row = i / k, column = i % k;
  results.write(row, column, from[row * results.n + column]);
}

template <class T> void sort_digits(std::int64_t rows, const Elements<T>& elements, const Results<T>& results) {
  const std::int64_t count = rows * elements.n, kept = rows * results.k;
  const PairScratch<SortKey<T>> memory(count), spare(count);
  launch(make_pairs<T>, blocks_for(count, kThreads), kThreads, 0, elements, Divisor<std::int64_t>(elements.n), count,
         memory.get());
  const auto sorted = sort_pairs(memory.get(), spare.get(), rows, elements.n, kSortBits<T>);
  launch(write_results<T>, blocks_for(kept, kThreads), kThreads, 0, sorted.from, Divisor<std::int64_t>(results.k), kept,
         results);
}

}  // namespace

void sort(const SortArgs& args) {
  if (args.rows == 0 || args.k == 0) return;
  check_sortable(args.n);
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    const T* x = static_cast<const T*>(args.x);
    const Elements<T> elements{x, args.n, args.descending};
    const Results<T> results{x, args.n, args.k, static_cast<T*>(args.values), args.indices};
    if (args.n <= kSortTile) launch_sort<SortKey<T>>(SortTiles(args.rows, args.n), elements, results, args.k);
    else if (args.k <= kSortTile / 4) sort_rounds(args.rows, elements, results);
    else sort_digits(args.rows, elements, results);
  });
}

}  // namespace reel::kernels::cuda
