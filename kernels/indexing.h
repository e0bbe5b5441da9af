#pragma once

#include <type_traits>

#include <reel/kernels/elementwise.h>
#include <reel/kernels/functors/pointwise.h>

/// Gather, scatter and indexing along a dimension. Kernels that only move elements dispatch on their size, not on the
/// dtype. Indices are i64 and checked beforehand (`range_check.h`); on a GPU, where the check reports later, kernels
/// skip those out of range. Where an index repeats, elements are written or added in the order of the index, whatever
/// the number of threads. Many additions to one element of f32 (from some 1000 on), and all to one of a half float, are
/// added up in f64 and rounded once.
namespace reel::kernels {

/// Pairs `values[k]` with `base[index[k]]`, for every lane and every k < n. A lane is a 1-d slice along the indexed
/// dimension; `lanes` loops over all other dimensions. Operand 0 is values, 1 the index, 2 the base.
struct GatherArgs {
  DType dtype;
  StridedLoop<3> lanes;
  std::int64_t n;
  std::int64_t size;                                // of the indexed dimension of the base
  std::int64_t values_step, index_step, base_step;  // along the indexed dimension, in elements
  void* values;
  const std::int64_t* index;
  void* base;
};

/// The same with one index for all lanes: pairs the slices `values[k]` and `base[index[k]]`, for every k < n. Operand 0
/// is values, 1 the base.
struct IndexArgs {
  DType dtype;
  StridedLoop<2> outer, inner;  // the dimensions before and after the indexed one
  std::int64_t n;
  std::int64_t size;  // of the indexed dimension of the base
  std::int64_t values_step, base_step;
  void* values;
  const std::int64_t* index;
  void* base;
};

/// n row-major linear indices from one index per dimension; negative indices count from the end.
struct LinearIndexArgs {
  std::int64_t n;
  int count;  // of dimensions
  std::array<const std::int64_t*, kMaxRank> index;
  std::array<std::int64_t, kMaxRank> sizes;
  std::int64_t* out;
};

/// What a scatter does with an element of the base: overwrite it, or add to it (boolean: or; half floats: in f32).
struct Write {
  template <class T> REEL_HD static void apply(T& to, T from) { to = from; }
};
struct Accumulate {
  template <class T> REEL_HD static void apply(T& to, T from) {
    if constexpr (std::is_same_v<T, bool>) to = to || from;
    else if constexpr (std::is_arithmetic_v<T>) to = plus(to, from);
    else to = T(static_cast<float>(to) + static_cast<float>(from));
  }
};

/// Sums of T that lose accuracy when they get long, and what such sums run in instead.
template <class T> inline constexpr bool kShortSums = std::is_same_v<T, float> || kHalf.contains(dtype_of<T>);
template <class T> using LongSum = std::conditional_t<kShortSums<T>, double, T>;

template <class T> REEL_HD LongSum<T> to_long_sum(T x) {
  if constexpr (kShortSums<T>) return static_cast<double>(static_cast<float>(x));
  else return x;
}
template <class T> REEL_HD T from_long_sum(LongSum<T> sum) {
  if constexpr (kShortSums<T>) return static_cast<T>(static_cast<float>(sum));
  else return sum;
}

/// Up to so many additions are as accurate in T.
template <class T> inline constexpr std::int64_t kFewAdditions = kHalf.contains(dtype_of<T>) ? 1 : 1024;

/// Appends a dimension to a loop.
inline void append(StridedLoop<3>& loop, std::int64_t size, const std::array<std::int64_t, 3>& strides) {
  const auto at = static_cast<std::size_t>(loop.rank++);
  loop.sizes[at] = size;
  for (std::size_t k = 0; k < 3; ++k) loop.strides[k][at] = strides[k];
}

/// One index for all lanes as an index for each lane: its strides along the lanes are 0.
inline GatherArgs expand_index(const IndexArgs& args) {
  GatherArgs out{.dtype = args.dtype,
                 .lanes = {},
                 .n = args.n,
                 .size = args.size,
                 .values_step = args.values_step,
                 .index_step = 1,
                 .base_step = args.base_step,
                 .values = args.values,
                 .index = args.index,
                 .base = args.base};
  for (const StridedLoop<2>* part : {&args.outer, &args.inner}) {
    for (std::size_t d = 0; d < static_cast<std::size_t>(part->rank); ++d) {
      if (part->sizes[d] != 1) append(out.lanes, part->sizes[d], {part->strides[0][d], 0, part->strides[1][d]});
    }
  }
  if (out.lanes.rank == 0) append(out.lanes, 1, {0, 0, 0});
  return out;
}

/// Linear index i.
REEL_HD inline std::int64_t linear_index_at(const LinearIndexArgs& args, std::int64_t i) {
  std::int64_t linear = 0;
  for (std::size_t d = 0; d < static_cast<std::size_t>(args.count); ++d) {
    const std::int64_t at = args.index[d][i];
    linear = linear * args.sizes[d] + (at < 0 ? at + args.sizes[d] : at);
  }
  return linear;
}

namespace cpu {
void gather(const GatherArgs& args);
void scatter(const GatherArgs& args);
void scatter_add(const GatherArgs& args);
void index_take(const IndexArgs& args);
void index_write(const IndexArgs& args);
void index_add(const IndexArgs& args);
void linear_index(const LinearIndexArgs& args);
std::int64_t count_nonzero(const bool* mask, std::int64_t n);
void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions);
void unravel_index(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out);
}  // namespace cpu
namespace cuda {
void gather(const GatherArgs& args);
void scatter(const GatherArgs& args);
void scatter_add(const GatherArgs& args);
void index_take(const IndexArgs& args);
void index_write(const IndexArgs& args);
void index_add(const IndexArgs& args);
void linear_index(const LinearIndexArgs& args);
std::int64_t count_nonzero(const bool* mask, std::int64_t n);
void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions);
void unravel_index(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out);
}  // namespace cuda

/// values = base.
inline constexpr KernelTable<void(const GatherArgs&)> gather{&cpu::gather, &cuda::gather};
/// base = values.
inline constexpr KernelTable<void(const GatherArgs&)> scatter{&cpu::scatter, &cuda::scatter};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const GatherArgs&)> scatter_add{&cpu::scatter_add, &cuda::scatter_add};

/// values = base.
inline constexpr KernelTable<void(const IndexArgs&)> index_take{&cpu::index_take, &cuda::index_take};
/// base = values.
inline constexpr KernelTable<void(const IndexArgs&)> index_write{&cpu::index_write, &cuda::index_write};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const IndexArgs&)> index_add{&cpu::index_add, &cuda::index_add};

/// out[i] = the linear index.
inline constexpr KernelTable<void(const LinearIndexArgs&)> linear_index{&cpu::linear_index, &cuda::linear_index};

/// How many elements are true.
inline constexpr KernelTable<std::int64_t(const bool*, std::int64_t)> count_nonzero{&cpu::count_nonzero,
                                                                                    &cuda::count_nonzero};
/// The positions of the true elements, in order.
inline constexpr KernelTable<void(const bool*, std::int64_t, std::int64_t*)> nonzero{&cpu::nonzero, &cuda::nonzero};
/// The inverse of `linear_index`: coordinates [n, rank] from linear indices.
inline constexpr KernelTable<void(const std::int64_t*, std::int64_t, const Shape&, std::int64_t*)> unravel_index{
    &cpu::unravel_index, &cuda::unravel_index};

}  // namespace reel::kernels
