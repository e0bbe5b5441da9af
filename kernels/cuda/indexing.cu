// Moving elements by position. Reads are one thread each. Writes must come out as if done in the order of the index: of
// those to one place the last one wins, found by the largest number; sums go through pairs (place, number) that are
// sorted by place. Where the lanes alone keep the GPU busy, a thread walks along the index of its lane.

#include <reel/kernels/indexing.h>

#include <bit>

#include <reel/kernels/cuda/device_loop.h>
#include <reel/kernels/cuda/index_slices.h>
#include <reel/kernels/cuda/sort/radix_sort.h>
#include <reel/kernels/cuda/vector.h>
#include <reel/kernels/dispatch_bytes.h>

namespace reel::kernels::cuda {
namespace {

using namespace sorting;

/// From so many lanes on, or with so short an index, walking beats sorting.
constexpr std::int64_t kManyLanes = 1 << 16, kShortIndex = 8;

/// Which positions are in the base.
struct Inside {
  std::int64_t size, skipped;
  __device__ bool operator()(std::int64_t i) const { return i >= 0 && i < size && i != skipped; }
};

__device__ std::int64_t thread_number() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

// --- calls: a lane's element k is entry (lane, k)

/// A dimension of a nest.
struct Dimension {
  std::int64_t size;
  std::array<std::int64_t, 3> strides;

  /// How far apart its elements lie, by and large.
  std::int64_t reach() const { return strides[0] + strides[1] + strides[2]; }
};

Dimension dimension(const StridedLoop<3>& loop, int d) {
  const auto i = static_cast<std::size_t>(d);
  return {loop.sizes[i], {loop.strides[0][i], loop.strides[1][i], loop.strides[2][i]}};
}

void append(StridedLoop<3>& loop, const Dimension& d) {
  const auto at = static_cast<std::size_t>(loop.rank++);
  loop.sizes[at] = d.size;
  for (std::size_t k = 0; k < 3; ++k) loop.strides[k][at] = d.strides[k];
}

/// The nest of all entries: that of the lanes, with the indexed dimension where it fits between them. In the base it
/// stands still. The entries of a lane come in the order of the index.
StridedLoop<3> entries(const GatherArgs& args) {
  const Dimension indexed{args.n, {args.values_step, args.index_step, 0}};
  const std::int64_t reach = indexed.reach() + args.base_step;
  StridedLoop<3> out;
  bool placed = false;
  for (int d = 0; d < args.lanes.rank; ++d) {
    const Dimension lane = dimension(args.lanes, d);
    if (lane.size == 1) continue;
    if (!placed && lane.reach() < reach) append(out, indexed);
    placed = placed || lane.reach() < reach;
    append(out, lane);
  }
  if (!placed) append(out, indexed);
  return out;
}

/// A call with one index for all lanes as one with an index for each: its strides along the lanes are 0.
GatherArgs with_lanes(const IndexArgs& args) {
  GatherArgs out{args.dtype,     {},          args.n,     args.size, args.values_step, 1,
                 args.base_step, args.values, args.index, args.base};
  for (const StridedLoop<2>* part : {&args.outer, &args.inner}) {
    for (std::size_t d = 0; d < static_cast<std::size_t>(part->rank); ++d) {
      if (part->sizes[d] != 1) append(out.lanes, {part->sizes[d], {part->strides[0][d], 0, part->strides[1][d]}});
    }
  }
  if (out.lanes.rank == 0) append(out.lanes, {1, {0, 0, 0}});
  return out;
}

/// Makes two neighbouring elements one as long as every row of values and base consists of such pairs, up to 16 bytes.
/// Returns the bytes of an element.
int widen(GatherArgs& args) {
  auto& lanes = args.lanes;
  const auto inner = static_cast<std::size_t>(lanes.rank - 1);
  int bytes = static_cast<int>(size_of(args.dtype));
  if (lanes.strides[0][inner] != 1 || lanes.strides[1][inner] != 0 || lanes.strides[2][inner] != 1) return bytes;
  const auto address = reinterpret_cast<std::uintptr_t>(args.values) | reinterpret_cast<std::uintptr_t>(args.base);
  while (bytes < 16 && address % static_cast<unsigned>(2 * bytes) == 0) {
    std::int64_t odd = lanes.sizes[inner] | args.values_step | args.base_step;
    for (std::size_t d = 0; d < inner; ++d) odd |= lanes.strides[0][d] | lanes.strides[2][d];
    if (odd % 2 != 0) break;
    lanes.sizes[inner] /= 2;
    args.values_step /= 2;
    args.base_step /= 2;
    for (std::size_t d = 0; d < inner; ++d) {
      lanes.strides[0][d] /= 2;
      lanes.strides[2][d] /= 2;
    }
    bytes *= 2;
  }
  return bytes;
}

/// Calls `f.operator()<T>()` with a type of that size, up to 16.
template <class F> void dispatch_bytes(int bytes, F&& f) {
  if (bytes == 16) f.template operator()<Vector<std::uint64_t, 2>>();
  else dispatch_bits(static_cast<std::size_t>(bytes), f);
}

// --- reading

template <class T> __global__ void __launch_bounds__(kThreads)
    take_entries(DeviceLoop<3> loop, std::int64_t count, T* values, const std::int64_t* index, const T* base,
                 std::int64_t base_step, Inside inside) {
  const std::int64_t entry = thread_number();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  values[at.at[0]] = inside(i) ? base[at.at[2] + i * base_step] : T{};
}

void take(GatherArgs args, std::int64_t skipped) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  dispatch_bytes(widen(args), [&]<class T>() {
    const StridedLoop<3> loop = entries(args);
    const std::int64_t count = loop.numel();
    launch(take_entries<T>, blocks_for(count, kThreads), kThreads, 0, DeviceLoop<3>(loop, 1), count,
           static_cast<T*>(args.values), args.index, static_cast<const T*>(args.base), args.base_step,
           Inside{args.size, skipped});
  });
}

// --- walking

/// A thread for each lane.
template <class How, class T> __global__ void __launch_bounds__(kThreads)
    walk_lanes(DeviceLoop<3> lanes, std::int64_t count, std::int64_t n, Dimension step, const T* values,
               const std::int64_t* index, T* base, Inside inside) {
  const std::int64_t lane = thread_number();
  if (lane >= count) return;
  const Offsets<3> at(lanes, lane);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t i = index[at.at[1] + k * step.strides[1]];
    if (inside(i)) How::apply(base[at.at[2] + i * step.strides[2]], values[at.at[0] + k * step.strides[0]]);
  }
}

bool can_walk(const GatherArgs& args) { return args.n <= kShortIndex || args.lanes.numel() >= kManyLanes; }

template <class How, class T> void walk(const GatherArgs& args, std::int64_t skipped) {
  const std::int64_t count = args.lanes.numel();
  const Dimension step{args.n, {args.values_step, args.index_step, args.base_step}};
  launch(walk_lanes<How, T>, blocks_for(count, kThreads), kThreads, 0, DeviceLoop<3>(args.lanes, 1), count, args.n,
         step, static_cast<const T*>(args.values), args.index, static_cast<T*>(args.base), Inside{args.size, skipped});
}

// --- places: what entries compete for

/// With one index for all lanes the numbers of the index compete for its positions; with an index for each lane, all
/// entries compete for the elements of the base.
struct Places {
  StridedLoop<3> loop;        // of the competitors
  std::int64_t count, limit;  // how many competitors; places are below
  std::int64_t step;          // from the place of a position to that of the next
  std::int64_t base_step;     // from a place to the next in the base

  Places(const GatherArgs& args, bool shared_index)
      : loop(shared_index ? index_alone(args) : entries(args)),
        count(loop.numel()),
        limit(shared_index ? args.size : 1 + (args.size - 1) * args.base_step),
        step(shared_index ? 1 : args.base_step),
        base_step(shared_index ? args.base_step : 1) {
    for (std::size_t d = 0; d < static_cast<std::size_t>(loop.rank); ++d) {
      limit += (loop.sizes[d] - 1) * loop.strides[2][d];
    }
  }

  static StridedLoop<3> index_alone(const GatherArgs& args) {
    StridedLoop<3> out;
    append(out, {args.n, {args.values_step, args.index_step, 0}});
    return out;
  }
};

// --- writing: the last one wins

/// Each entry claims its place. First any of them gets it, so that it need not be cleared, then the last.
template <bool First> __global__ void __launch_bounds__(kThreads)
    claim(DeviceLoop<3> loop, std::int64_t count, std::int64_t step, const std::int64_t* index,
          unsigned long long* claims, Inside inside) {
  const std::int64_t entry = thread_number();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  if (!inside(i)) return;
  unsigned long long* const place = claims + at.at[2] + i * step;
  if constexpr (First) *place = static_cast<unsigned long long>(entry);
  else atomicMax(place, static_cast<unsigned long long>(entry));
}

/// Writes the entries whose claim holds.
template <bool SharedIndex, class T> __global__ void __launch_bounds__(kThreads)
    write_last(DeviceLoop<3> loop, std::int64_t count, const T* values, const std::int64_t* index, T* base,
               std::int64_t base_step, const unsigned long long* claims, Inside inside) {
  const std::int64_t entry = thread_number();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  if (!inside(i)) return;
  const std::int64_t target = at.at[2] + i * base_step;
  const auto last = static_cast<std::int64_t>(claims[SharedIndex ? i : target]);
  if (last == (SharedIndex ? at.at[1] : entry)) base[target] = values[at.at[0]];
}

template <bool SharedIndex> void write(GatherArgs args) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  dispatch_bytes(widen(args), [&]<class T>() {
    if (can_walk(args)) return walk<Write, T>(args, -1);
    const Inside inside{args.size, -1};
    const Places places(args, SharedIndex);
    const Scratch<unsigned long long> claims(places.limit);
    const unsigned blocks = blocks_for(places.count, kThreads);
    const DeviceLoop<3> loop(places.loop, 1);
    launch(claim<true>, blocks, kThreads, 0, loop, places.count, places.step, args.index, claims.get(), inside);
    launch(claim<false>, blocks, kThreads, 0, loop, places.count, places.step, args.index, claims.get(), inside);
    const StridedLoop<3> all = entries(args);
    const std::int64_t count = all.numel();
    launch(write_last<SharedIndex, T>, blocks_for(count, kThreads), kThreads, 0, DeviceLoop<3>(all, 1), count,
           static_cast<const T*>(args.values), args.index, static_cast<T*>(args.base), args.base_step, claims.get(),
           inside);
  });
}

// --- adding: in the order of the index

/// The place of each entry as a key; those that have none come last.
template <class Key> __global__ void __launch_bounds__(kThreads)
    find_places(DeviceLoop<3> loop, std::int64_t count, std::int64_t step, std::int64_t limit,
                const std::int64_t* index, Pairs<Key> pairs, Inside inside) {
  const std::int64_t entry = thread_number();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  pairs.key[entry] = static_cast<Key>(inside(i) ? at.at[2] + i * step : limit);
  pairs.from[entry] = static_cast<std::uint32_t>(entry);
}

/// A thread for each lane of each entry: the first entry of a place adds all of them. They are read a few at once.
template <class Key, class T> __global__ void __launch_bounds__(kThreads)
    add_runs(Pairs<Key> sorted, std::int64_t count, Key limit, DeviceLoop<3> entries, DeviceLoop<3> lanes,
             Divisor<std::int64_t> lane_count, const T* values, T* base, std::int64_t base_step) {
  constexpr int kAtOnce = 4;
  const std::int64_t thread = thread_number(), lane = thread % lane_count;
  std::int64_t first = thread / lane_count;
  if (first >= count) return;
  const Key place = sorted.key[first];
  if (place >= limit || (first > 0 && sorted.key[first - 1] == place)) return;
  const Offsets<3> at(lanes, lane);
  T* const to = base + at.at[2] + static_cast<std::int64_t>(place) * base_step;
  T sum = *to;
  for (bool more = true; more; first += kAtOnce) {
    T next[kAtOnce];
    bool same[kAtOnce];
    for (int j = 0; j < kAtOnce; ++j) same[j] = first + j < count && sorted.key[first + j] == place;
    for (int j = 0; j < kAtOnce; ++j) {
      if (same[j]) next[j] = values[at.at[0] + Offsets<3>(entries, sorted.from[first + j]).at[0]];
    }
    for (int j = 0; j < kAtOnce; ++j) {
      if (same[j]) Accumulate::apply(sum, next[j]);
    }
    more = same[kAtOnce - 1];
  }
  *to = sum;
}

template <class Key, class T>
void add_sorted(const GatherArgs& args, const Places& places, bool shared_index, Inside inside) {
  const PairScratch<Key> memory(places.count), spare(places.count);
  const DeviceLoop<3> loop(places.loop, 1);
  launch(find_places<Key>, blocks_for(places.count, kThreads), kThreads, 0, loop, places.count, places.step,
         places.limit, args.index, memory.get(), inside);
  const auto sorted =
      sort_pairs(memory.get(), spare.get(), 1, places.count, std::bit_width(static_cast<std::uint64_t>(places.limit)));
  StridedLoop<3> lanes = args.lanes;
  if (!shared_index) {
    lanes.rank = 0;
    append(lanes, {1, {0, 0, 0}});
  }
  const std::int64_t lane_count = lanes.numel();
  launch(add_runs<Key, T>, blocks_for(places.count * lane_count, kThreads), kThreads, 0, sorted, places.count,
         static_cast<Key>(places.limit), loop, DeviceLoop<3>(lanes, 1), Divisor<std::int64_t>(lane_count),
         static_cast<const T*>(args.values), static_cast<T*>(args.base), places.base_step);
}

void add(const GatherArgs& args, bool shared_index, std::int64_t skipped) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  const Inside inside{args.size, skipped};
  const Places places(args, shared_index);
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    if (can_walk(args)) return walk<Accumulate, T>(args, skipped);
    check_sortable(places.count);
    if (places.limit < INT64_C(1) << 32) add_sorted<std::uint32_t, T>(args, places, shared_index, inside);
    else add_sorted<std::uint64_t, T>(args, places, shared_index, inside);
  });
}

}  // namespace

void gather(const GatherArgs& args) { take(args, -1); }
void scatter(const GatherArgs& args) { write<false>(args); }
void scatter_add(const GatherArgs& args) { add(args, false, -1); }

void take_slices(const IndexArgs& args, std::int64_t skipped) { take(with_lanes(args), skipped); }
void add_slices(const IndexArgs& args, std::int64_t skipped) { add(with_lanes(args), true, skipped); }

void index_take(const IndexArgs& args) { take_slices(args, -1); }
void index_write(const IndexArgs& args) { write<true>(with_lanes(args)); }
void index_add(const IndexArgs& args) { add_slices(args, -1); }

}  // namespace reel::kernels::cuda
