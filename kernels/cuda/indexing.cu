// Gather, scatter and indexing along a dimension on the GPU. A gather has one thread per element. Writes must have the
// same result as in the order of the index: of several writes to one element the last wins, found by atomicMax of their
// numbers; sums sort pairs (element, number) first. Where there are enough lanes to fill the GPU, one thread per lane
// simply loops over the index.

#include <reel/kernels/indexing.h>

#include <bit>

#include <reel/kernels/cuda/divisor.h>
#include <reel/kernels/cuda/index_slices.h>
#include <reel/kernels/cuda/offset_calculator.h>
#include <reel/kernels/cuda/sort/radix_sort.h>
#include <reel/kernels/cuda/vector.h>
#include <reel/kernels/dispatch_bytes.h>
#include <reel/kernels/scatter_reduce.h>

namespace reel::kernels::cuda {
namespace {

using namespace sorting;

/// With so many lanes or so short an index, a loop per lane beats sorting.
constexpr std::int64_t kManyLanes = 1 << 16, kShortIndex = 8;

/// Whether an index is valid: in range and not the one to skip (-1: none).
struct InBounds {
  std::int64_t size, skipped;
  __device__ bool operator()(std::int64_t i) const { return i >= 0 && i < size && i != skipped; }
};

// --- loops over entries: element k of a lane is entry (lane, k)

/// A dimension of a loop.
struct Dimension {
  std::int64_t size;
  std::array<std::int64_t, 3> strides;

  /// The sum of its strides, by which dimensions are ordered.
  std::int64_t total_stride() const { return strides[0] + strides[1] + strides[2]; }
};

Dimension dimension(const StridedLoop<3>& loop, int d) {
  const auto i = static_cast<std::size_t>(d);
  return {loop.sizes[i], {loop.strides[0][i], loop.strides[1][i], loop.strides[2][i]}};
}

/// The loop over all entries: that over the lanes, with the indexed dimension inserted by its strides (that of the base
/// is 0). The entries of a lane come in the order of the index.
StridedLoop<3> entries(const GatherArgs& args) {
  const Dimension indexed{args.n, {args.values_step, args.index_step, 0}};
  const std::int64_t stride = indexed.total_stride() + args.base_step;
  StridedLoop<3> out;
  bool placed = false;
  for (int d = 0; d < args.lanes.rank; ++d) {
    const Dimension lane = dimension(args.lanes, d);
    if (lane.size == 1) continue;
    if (!placed && lane.total_stride() < stride) append(out, indexed.size, indexed.strides);
    placed = placed || lane.total_stride() < stride;
    append(out, lane.size, lane.strides);
  }
  if (!placed) append(out, indexed.size, indexed.strides);
  return out;
}

/// Merges pairs of neighbouring elements into one, as long as all rows of values and base consist of such pairs, up to
/// 16 bytes. Returns the size of an element.
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

/// `dispatch_bytes` up to 16 bytes.
template <class F> void dispatch_access(int bytes, F&& f) {
  if (bytes == 16) f.template operator()<Vector<std::uint64_t, 2>>();
  else dispatch_bytes(static_cast<std::size_t>(bytes), f);
}

// --- gather

template <class T> __global__ void __launch_bounds__(kThreads)
    load_entries(OffsetCalculator<3> entries, std::int64_t count, T* values, const std::int64_t* index, const T* base,
                 std::int64_t base_step, InBounds in_bounds) {
  const std::int64_t entry = thread_position<std::int64_t>();
  if (entry >= count) return;
  const Offsets<3> at(entries, entry);
  const std::int64_t i = index[at.at[1]];
  values[at.at[0]] = in_bounds(i) ? base[at.at[2] + i * base_step] : T{};
}

void gather_entries(GatherArgs args, std::int64_t skipped) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  dispatch_access(widen(args), [&]<class T>() {
    const StridedLoop<3> loop = entries(args);
    const std::int64_t count = loop.numel();
    launch(load_entries<T>, blocks_for(count, kThreads), kThreads, 0, OffsetCalculator<3>(loop, 1), count,
           static_cast<T*>(args.values), args.index, static_cast<const T*>(args.base), args.base_step,
           InBounds{args.size, skipped});
  });
}

// --- scatter with one thread per lane

template <class How, class T> __global__ void __launch_bounds__(kThreads)
    scatter_lanes(OffsetCalculator<3> lanes, std::int64_t count, std::int64_t n, Dimension step, const T* values,
                  const std::int64_t* index, T* base, InBounds in_bounds) {
  const std::int64_t lane = thread_position<std::int64_t>();
  if (lane >= count) return;
  const Offsets<3> at(lanes, lane);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t i = index[at.at[1] + k * step.strides[1]];
    if (in_bounds(i)) How::apply(base[at.at[2] + i * step.strides[2]], values[at.at[0] + k * step.strides[0]]);
  }
}

/// Adds in f64: each thread has a copy of the base's elements of its lane, as column `lane` of `sums`.
template <class T> __global__ void __launch_bounds__(kThreads)
    add_lanes_in_f64(OffsetCalculator<3> lanes, std::int64_t count, std::int64_t n, Dimension step, const T* values,
                     const std::int64_t* index, T* base, double* sums, InBounds in_bounds) {
  const std::int64_t lane = thread_position<std::int64_t>();
  if (lane >= count) return;
  const Offsets<3> at(lanes, lane);
  double* const sum = sums + lane;
  T* const to = base + at.at[2];
  for (std::int64_t i = 0; i < in_bounds.size; ++i) sum[i * count] = to_long_sum(to[i * step.strides[2]]);
  for (std::int64_t k = 0; k < n; ++k) {
    const std::int64_t i = index[at.at[1] + k * step.strides[1]];
    if (in_bounds(i)) sum[i * count] += to_long_sum(values[at.at[0] + k * step.strides[0]]);
  }
  for (std::int64_t i = 0; i < in_bounds.size; ++i) to[i * step.strides[2]] = from_long_sum<T>(sum[i * count]);
}

bool lanes_suffice(const GatherArgs& args) { return args.n <= kShortIndex || args.lanes.numel() >= kManyLanes; }

template <class How, class T> void scatter_by_lanes(const GatherArgs& args, std::int64_t skipped) {
  const std::int64_t count = args.lanes.numel();
  const Dimension step{args.n, {args.values_step, args.index_step, args.base_step}};
  launch(scatter_lanes<How, T>, blocks_for(count, kThreads), kThreads, 0, OffsetCalculator<3>(args.lanes, 1), count,
         args.n, step, static_cast<const T*>(args.values), args.index, static_cast<T*>(args.base),
         InBounds{args.size, skipped});
}

template <class T> void add_by_lanes(const GatherArgs& args, std::int64_t skipped) {
  if constexpr (kShortSums<T>) {
    if (args.n > kFewAdditions<T>) {
      const std::int64_t count = args.lanes.numel();
      const Dimension step{args.n, {args.values_step, args.index_step, args.base_step}};
      const Scratch<double> sums(count * args.size);
      return launch(add_lanes_in_f64<T>, blocks_for(count, kThreads), kThreads, 0, OffsetCalculator<3>(args.lanes, 1),
                    count, args.n, step, static_cast<const T*>(args.values), args.index, static_cast<T*>(args.base),
                    sums.data(), InBounds{args.size, skipped});
    }
  }
  scatter_by_lanes<Accumulate, T>(args, skipped);
}

// --- targets: the elements of the base that entries write to

/// With one index for all lanes, the writers are the entries of the index and the targets the slices of the base. With
/// an index for each lane, the writers are all entries and the targets the elements of the base.
struct Targets {
  StridedLoop<3> loop;     // over the writers
  std::int64_t count;      // of the writers
  std::int64_t limit;      // all targets are below it
  std::int64_t step;       // between the targets of neighbouring indices
  std::int64_t base_step;  // between neighbouring targets in the base

  Targets(const GatherArgs& args, bool shared_index)
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
    append(out, args.n, {args.values_step, args.index_step, 0});
    return out;
  }
};

// --- writing: the last writer wins

/// Each writer claims its target. In the first launch any writer sets the claim, which spares clearing the memory; in
/// the second the last writer wins.
template <bool First> __global__ void __launch_bounds__(kThreads)
    claim_targets(OffsetCalculator<3> loop, std::int64_t count, std::int64_t step, const std::int64_t* index,
                  unsigned long long* claims, InBounds in_bounds) {
  const std::int64_t entry = thread_position<std::int64_t>();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  if (!in_bounds(i)) return;
  unsigned long long* const claim = claims + at.at[2] + i * step;
  if constexpr (First) *claim = static_cast<unsigned long long>(entry);
  else atomicMax(claim, static_cast<unsigned long long>(entry));
}

/// Stores the entries that hold the claim of their target.
template <bool SharedIndex, class T> __global__ void __launch_bounds__(kThreads)
    write_last(OffsetCalculator<3> loop, std::int64_t count, const T* values, const std::int64_t* index, T* base,
               std::int64_t base_step, const unsigned long long* claims, InBounds in_bounds) {
  const std::int64_t entry = thread_position<std::int64_t>();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  if (!in_bounds(i)) return;
  const std::int64_t target = at.at[2] + i * base_step;
  const auto last = static_cast<std::int64_t>(claims[SharedIndex ? i : target]);
  if (last == (SharedIndex ? at.at[1] : entry)) base[target] = values[at.at[0]];
}

template <bool SharedIndex> void write(GatherArgs args) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  dispatch_access(widen(args), [&]<class T>() {
    if (lanes_suffice(args)) return scatter_by_lanes<Write, T>(args, -1);
    const InBounds in_bounds{args.size, -1};
    const Targets targets(args, SharedIndex);
    const Scratch<unsigned long long> claims(targets.limit);
    const unsigned blocks = blocks_for(targets.count, kThreads);
    const OffsetCalculator<3> loop(targets.loop, 1);
    launch(claim_targets<true>, blocks, kThreads, 0, loop, targets.count, targets.step, args.index, claims.data(),
           in_bounds);
    launch(claim_targets<false>, blocks, kThreads, 0, loop, targets.count, targets.step, args.index, claims.data(),
           in_bounds);
    const StridedLoop<3> all = entries(args);
    const std::int64_t count = all.numel();
    launch(write_last<SharedIndex, T>, blocks_for(count, kThreads), kThreads, 0, OffsetCalculator<3>(all, 1), count,
           static_cast<const T*>(args.values), args.index, static_cast<T*>(args.base), args.base_step, claims.data(),
           in_bounds);
  });
}

// --- sums and other reductions, in the order of the index

/// What runs in place of an element while How combines it with others: a long sum.
template <class How, class T> struct Running {
  using State = T;
  __device__ static State begin(T x) { return x; }
  __device__ static T end(State state) { return state; }
};
template <class T> struct Running<Accumulate, T> {
  using State = LongSum<T>;
  __device__ static State begin(T x) { return to_long_sum(x); }
  __device__ static T end(State state) { return from_long_sum<T>(state); }
};

/// The target of each entry as its key; entries without one get the key `limit` and come last.
template <class Key> __global__ void __launch_bounds__(kThreads)
    find_targets(OffsetCalculator<3> loop, std::int64_t count, std::int64_t step, std::int64_t limit,
                 const std::int64_t* index, Pairs<Key> pairs, InBounds in_bounds) {
  const std::int64_t entry = thread_position<std::int64_t>();
  if (entry >= count) return;
  const Offsets<3> at(loop, entry);
  const std::int64_t i = index[at.at[1]];
  pairs.key[entry] = static_cast<Key>(in_bounds(i) ? at.at[2] + i * step : limit);
  pairs.from[entry] = static_cast<std::uint32_t>(entry);
}

/// One thread per entry and lane: that of the first entry of a target combines all its entries, and loads a few at a
/// time.
template <class How, class Key, class T> __global__ void __launch_bounds__(kThreads)
    combine_runs(Pairs<Key> sorted, std::int64_t count, Key limit, OffsetCalculator<3> entries,
                 OffsetCalculator<3> lanes, Divisor<std::int64_t> lane_count, const T* values, T* base,
                 std::int64_t base_step) {
  constexpr int kAtOnce = 4;
  const std::int64_t thread = thread_position<std::int64_t>(), lane = thread % lane_count;
  std::int64_t first = thread / lane_count;
  if (first >= count) return;
  const Key target = sorted.key[first];
  if (target >= limit || (first > 0 && sorted.key[first - 1] == target)) return;
  const Offsets<3> at(lanes, lane);
  T* const to = base + at.at[2] + static_cast<std::int64_t>(target) * base_step;
  using Run = Running<How, T>;
  typename Run::State state = Run::begin(*to);
  for (bool more = true; more; first += kAtOnce) {
    T next[kAtOnce];
    bool same[kAtOnce];
    for (int j = 0; j < kAtOnce; ++j) same[j] = first + j < count && sorted.key[first + j] == target;
    for (int j = 0; j < kAtOnce; ++j) {
      if (same[j]) next[j] = values[at.at[0] + Offsets<3>(entries, sorted.from[first + j]).at[0]];
    }
    for (int j = 0; j < kAtOnce; ++j) {
      if (same[j]) How::apply(state, Run::begin(next[j]));
    }
    more = same[kAtOnce - 1];
  }
  *to = Run::end(state);
}

template <class How, class Key, class T>
void combine_by_key(const GatherArgs& args, const Targets& targets, bool shared_index, InBounds in_bounds) {
  const PairScratch<Key> memory(targets.count), spare(targets.count);
  const OffsetCalculator<3> loop(targets.loop, 1);
  launch(find_targets<Key>, blocks_for(targets.count, kThreads), kThreads, 0, loop, targets.count, targets.step,
         targets.limit, args.index, memory.get(), in_bounds);
  const auto sorted = sort_pairs(memory.get(), spare.get(), 1, targets.count,
                                 std::bit_width(static_cast<std::uint64_t>(targets.limit)));
  StridedLoop<3> lanes = args.lanes;
  if (!shared_index) {
    lanes.rank = 0;
    append(lanes, 1, {0, 0, 0});
  }
  const std::int64_t lane_count = lanes.numel();
  launch(combine_runs<How, Key, T>, blocks_for(targets.count * lane_count, kThreads), kThreads, 0, sorted,
         targets.count, static_cast<Key>(targets.limit), loop, OffsetCalculator<3>(lanes, 1),
         Divisor<std::int64_t>(lane_count), static_cast<const T*>(args.values), static_cast<T*>(args.base),
         targets.base_step);
}

template <class How, class T>
void combine_sorted(const GatherArgs& args, const Targets& targets, bool shared_index, InBounds in_bounds) {
  check_sortable(targets.count);
  if (targets.limit < INT64_C(1) << 32) combine_by_key<How, std::uint32_t, T>(args, targets, shared_index, in_bounds);
  else combine_by_key<How, std::uint64_t, T>(args, targets, shared_index, in_bounds);
}

void add(const GatherArgs& args, bool shared_index, std::int64_t skipped) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  const InBounds in_bounds{args.size, skipped};
  const Targets targets(args, shared_index);
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    const bool sorts_little = shared_index && kShortSums<T> && args.n > kFewAdditions<T>;
    if (lanes_suffice(args) && !sorts_little) return add_by_lanes<T>(args, skipped);
    combine_sorted<Accumulate, T>(args, targets, shared_index, in_bounds);
  });
}

}  // namespace

void gather(const GatherArgs& args) { gather_entries(args, -1); }
void scatter(const GatherArgs& args) { write<false>(args); }
void scatter_add(const GatherArgs& args) { add(args, false, -1); }

void scatter_reduce(const GatherArgs& args, ScatterReduction reduction) {
  if (args.n == 0 || args.lanes.numel() == 0) return;
  dispatch_reduction(reduction, [&]<class How>() {
    dispatch<kWideNumeric>(args.dtype, [&]<class T>() {
      if (lanes_suffice(args)) scatter_by_lanes<How, T>(args, -1);
      else combine_sorted<How, T>(args, Targets(args, false), false, InBounds{args.size, -1});
    });
  });
}

namespace indexing {

void take_slices(const IndexArgs& args, std::int64_t skipped) { gather_entries(expand_index(args), skipped); }
void add_slices(const IndexArgs& args, std::int64_t skipped) { add(expand_index(args), true, skipped); }

}  // namespace indexing

void index_take(const IndexArgs& args) { indexing::take_slices(args, -1); }
void index_write(const IndexArgs& args) { write<true>(expand_index(args)); }
void index_add(const IndexArgs& args) { indexing::add_slices(args, -1); }

}  // namespace reel::kernels::cuda
