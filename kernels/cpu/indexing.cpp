// Gather, scatter and indexing along a dimension on the CPU.

#include <reel/kernels/indexing.h>

#include <cstring>

#include <reel/kernels/cpu/long_runs.h>
#include <reel/kernels/cpu/parallel.h>
#include <reel/kernels/cpu/scratch.h>
#include <reel/kernels/cpu/strided.h>
#include <reel/kernels/dispatch_bytes.h>
#include <reel/kernels/scatter_reduce.h>

namespace reel::kernels::cpu {
namespace {

// --- gather, scatter: one index per element

/// Neighbouring lanes: where they begin, and the strides of the operands from lane to lane.
template <class T> struct Lanes {
  T* values;
  const std::int64_t* index;
  T* base;
  std::int64_t count;
  std::array<std::int64_t, 3> step;

  /// `n` of them from `first` on.
  Lanes some(std::int64_t first, std::int64_t n) const {
    return {values + first * step[0], index + first * step[1], base + first * step[2], n, step};
  }
};

/// Calls `body(lanes)` for chunks of neighbouring lanes, at least `least` where there are so many, in parallel.
template <class T, class F> void for_lanes(const GatherArgs& args, std::int64_t least, F&& body) {
  const auto& loop = args.lanes;
  const auto inner = static_cast<std::size_t>(loop.rank - 1);
  const std::int64_t lanes = loop.numel(), row = loop.sizes[inner];
  const std::int64_t grain = std::max(least, kGrain / 4 / std::max<std::int64_t>(args.n, 1));
  parallel_for(lanes, grain, [&](std::int64_t begin, std::int64_t end) {
    while (begin < end) {
      const std::int64_t column = begin % row, count = std::min(row - column, end - begin);
      const auto at = [&](int k) {
        return row_offset(loop, k, begin / row) + column * loop.strides[static_cast<std::size_t>(k)][inner];
      };
      body(Lanes<T>{static_cast<T*>(args.values) + at(0),
                    args.index + at(1),
                    static_cast<T*>(args.base) + at(2),
                    count,
                    {loop.strides[0][inner], loop.strides[1][inner], loop.strides[2][inner]}});
      begin += count;
    }
  });
}

/// Calls `body(value, element)` for each pair of some lanes, whose bases are `base`, with strides of `lane_step` and
/// `base_step`. The inner loop runs over the lanes, or along the indexed dimension if that is contiguous.
template <class T, class B, class F> void for_pairs(const GatherArgs& args, const Lanes<T>& lanes, B* base,
                                                    std::int64_t lane_step, std::int64_t base_step, F&& body) {
  const bool along = args.index_step == 1 || lanes.count == 1;
  const std::int64_t outer = along ? lanes.count : args.n, inner = along ? args.n : lanes.count;
  for (std::int64_t a = 0; a < outer; ++a) {
    for (std::int64_t b = 0; b < inner; ++b) {
      const std::int64_t lane = along ? a : b, k = along ? b : a;
      const std::int64_t i = lanes.index[lane * lanes.step[1] + k * args.index_step];
      body(lanes.values[lane * lanes.step[0] + k * args.values_step], base[lane * lane_step + i * base_step]);
    }
  }
}

/// Calls `body(value, element)` for each pair.
template <class T, class F> void for_each_pair(const GatherArgs& args, F&& body) {
  for_lanes<T>(args, 1,
               [&](const Lanes<T>& lanes) { for_pairs(args, lanes, lanes.base, lanes.step[2], args.base_step, body); });
}

// --- sums

template <class T> void add_lanes(const GatherArgs& args, const Lanes<T>& lanes) {
  for_pairs(args, lanes, lanes.base, lanes.step[2], args.base_step,
            [](const T& value, T& base) { Accumulate::apply(base, value); });
}

/// The same in f64, in a copy of the lanes' elements of the base.
template <class T> void add_lanes_in_f64(const GatherArgs& args, const Lanes<T>& lanes) {
  const std::int64_t n = lanes.count;
  const Scratch<double> memory(args.size * n);
  double* sums = memory.data();
  const auto for_elements = [&](auto&& body) {
    for (std::int64_t i = 0; i < args.size; ++i) {
      for (std::int64_t j = 0; j < n; ++j) body(sums[i * n + j], lanes.base[i * args.base_step + j * lanes.step[2]]);
    }
  };
  for_elements([](double& sum, const T& base) { sum = to_long_sum(base); });
  for_pairs(args, lanes, sums, 1, n, [](const T& value, double& sum) { sum += to_long_sum(value); });
  for_elements([](const double& sum, T& base) { base = from_long_sum<T>(sum); });
}

/// How many lanes are added in f64 together, so that their sums stay in a cache.
std::int64_t lanes_in_f64(const GatherArgs& args) {
  return std::clamp<std::int64_t>((1 << 18) / std::max<std::int64_t>(args.size, 1), 1, 64);
}

template <class T> void add_all_in_f64(const GatherArgs& args) {
  const std::int64_t together = lanes_in_f64(args);
  for_lanes<T>(args, together, [&](const Lanes<T>& lanes) {
    for (std::int64_t j = 0; j < lanes.count; j += together) {
      add_lanes_in_f64(args, lanes.some(j, std::min(together, lanes.count - j)));
    }
  });
}

/// Long sums in f64, others in T.
template <class T> void add(const GatherArgs& args) {
  if constexpr (kHalf.contains(dtype_of<T>)) {
    if (args.n > kFewAdditions<T>) return add_all_in_f64<T>(args);
  }
  const std::int64_t together = args.index_step == 1 ? 1 : lanes_in_f64(args);
  for_lanes<T>(args, 1, [&](const Lanes<T>& lanes) {
    if (!kShortSums<T> || args.n <= kFewAdditions<T>) return add_lanes(args, lanes);
    for (std::int64_t j = 0; j < lanes.count; j += together) {
      const Lanes<T> some = lanes.some(j, std::min(together, lanes.count - j));
      const bool is_long = has_long_runs(some.index, args.n, args.index_step, some.count, some.step[1]);
      is_long ? add_lanes_in_f64(args, some) : add_lanes(args, some);
    }
  });
}

// --- index_*: one index per slice

/// Shorter rows are copied element by element, and do not pay for splitting the base.
constexpr std::int64_t kLongRow = 32;

/// Applies How to each element of two slices.
template <class How, class T>
inline void apply_to_slice(const StridedLoop<2>& loop, T* to, const T* from, int to_operand, int from_operand) {
  const auto inner = static_cast<std::size_t>(loop.rank - 1);
  if (loop.rank == 1 && loop.sizes[0] == 1) return How::apply(*to, *from);
  const std::int64_t n = loop.sizes[inner], rows = loop.numel() / n;
  const std::int64_t to_step = loop.strides[static_cast<std::size_t>(to_operand)][inner];
  const std::int64_t from_step = loop.strides[static_cast<std::size_t>(from_operand)][inner];
  for (std::int64_t row = 0; row < rows; ++row) {
    T* out = to + row_offset(loop, to_operand, row);
    const T* in = from + row_offset(loop, from_operand, row);
    if (to_step == 1 && from_step == 1) {
      if constexpr (std::is_same_v<How, Write>) {
        if (n >= kLongRow) {
          std::memcpy(out, in, static_cast<std::size_t>(n) * sizeof(T));
          continue;
        }
      }
      for (std::int64_t j = 0; j < n; ++j) How::apply(out[j], in[j]);
    } else {
      for (std::int64_t j = 0; j < n; ++j) How::apply(out[j * to_step], in[j * from_step]);
    }
  }
}

/// Applies How to base[index[k]] and values[k]. The base is split into parts along the indexed dimension. One thread
/// writes each part, in the order of the index; it skips the indices of other parts.
template <class How, class T> void update_slices(const IndexArgs& args) {
  const std::int64_t outer = args.outer.numel(), row = args.inner.numel();
  const std::int64_t work = args.n * row;
  const std::int64_t parts = row < kLongRow || work < 2 * kGrain ? 1 : std::min<std::int64_t>(8, args.size);
  parallel_for(outer * parts, std::max<std::int64_t>(1, kGrain * parts / std::max<std::int64_t>(work, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) {
                   const std::int64_t part = unit % parts;
                   const std::int64_t low = part * args.size / parts, high = (part + 1) * args.size / parts;
                   T* base = static_cast<T*>(args.base) + nest_offset(args.outer, 1, unit / parts, args.outer.rank);
                   const T* values =
                       static_cast<const T*>(args.values) + nest_offset(args.outer, 0, unit / parts, args.outer.rank);
                   for (std::int64_t k = 0; k < args.n; ++k) {
                     const std::int64_t i = args.index[k];
                     if (i < low || i >= high) continue;
                     apply_to_slice<How>(args.inner, base + i * args.base_step, values + k * args.values_step, 1, 0);
                   }
                 }
               });
}

}  // namespace

void gather(const GatherArgs& args) {
  dispatch_bytes(size_of(args.dtype),
                 [&]<class T>() { for_each_pair<T>(args, [](T& value, const T& base) { value = base; }); });
}

void scatter(const GatherArgs& args) {
  dispatch_bytes(size_of(args.dtype),
                 [&]<class T>() { for_each_pair<T>(args, [](const T& value, T& base) { base = value; }); });
}

void scatter_add(const GatherArgs& args) {
  dispatch<kAnyDType>(args.dtype, [&]<class T>() { add<T>(args); });
}

void scatter_reduce(const GatherArgs& args, ScatterReduction reduction) {
  dispatch_reduction(reduction, [&]<class How>() {
    dispatch<kWideNumeric>(args.dtype, [&]<class T>() {
      for_each_pair<T>(args, [](const T& value, T& base) { How::apply(base, value); });
    });
  });
}

void index_take(const IndexArgs& args) {
  dispatch_bytes(size_of(args.dtype), [&]<class T>() {
    const std::int64_t rows = args.outer.numel() * args.n;
    parallel_for(rows, std::max<std::int64_t>(1, kGrain / args.inner.numel()),
                 [&](std::int64_t begin, std::int64_t end) {
                   while (begin < end) {
                     const std::int64_t o = begin / args.n, first = begin % args.n;
                     const std::int64_t last = std::min(args.n, first + end - begin);
                     T* values = static_cast<T*>(args.values) + nest_offset(args.outer, 0, o, args.outer.rank);
                     const T* base = static_cast<const T*>(args.base) + nest_offset(args.outer, 1, o, args.outer.rank);
                     for (std::int64_t k = first; k < last; ++k) {
                       apply_to_slice<Write>(args.inner, values + k * args.values_step,
                                             base + args.index[k] * args.base_step, 0, 1);
                     }
                     begin += last - first;
                   }
                 });
  });
}

void index_write(const IndexArgs& args) {
  dispatch_bytes(size_of(args.dtype), [&]<class T>() { update_slices<Write, T>(args); });
}

void index_add(const IndexArgs& args) {
  dispatch<kAnyDType>(args.dtype, [&]<class T>() {
    if constexpr (kShortSums<T>) {
      const bool is_long =
          kHalf.contains(args.dtype) ? args.n > kFewAdditions<T> : has_long_runs(args.index, args.n, 1, 1, 0);
      if (is_long) return add_all_in_f64<T>(expand_index(args));
    }
    update_slices<Accumulate, T>(args);
  });
}

}  // namespace reel::kernels::cpu
