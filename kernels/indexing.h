#pragma once

#include <type_traits>

#include <reel/kernels/elementwise.h>
#include <reel/kernels/functors/pointwise.h>

/// Moving elements by position. Kernels that only move bits work on any dtype, by the size of its elements. Positions
/// are i64 and checked beforehand (`range_check.h`); on a GPU, where the check reports later, kernels skip the wrong
/// ones. Where a position repeats, elements are written or added in the order of the index, whatever the number of
/// threads.
namespace reel::kernels {

/// For every lane of the nest and every k < n, with i = index[k] of that lane: `values[k]` meets `base[i]`.
/// Operand 0 is values, 1 the index, 2 the base; the nest holds all dimensions but the indexed one.
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

/// For every element of the outer and inner nests and every k < n: `values[k]` meets `base[index[k]]`.
/// Operand 0 is values, 1 the base.
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

/// Row-major positions in dimensions of the given sizes from `count` positions in each; negative ones count from the
/// end.
struct LinearIndexArgs {
  std::int64_t n;
  int count;
  std::array<const std::int64_t*, kMaxRank> index;
  std::array<std::int64_t, kMaxRank> sizes;
  std::int64_t* out;
};

/// What happens to an element of the base. Boolean: or. The half floats are added in f32.
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

/// Number i of the positions that `args` describes.
REEL_HD inline std::int64_t linear_position(const LinearIndexArgs& args, std::int64_t i) {
  std::int64_t position = 0;
  for (std::size_t d = 0; d < static_cast<std::size_t>(args.count); ++d) {
    const std::int64_t at = args.index[d][i];
    position = position * args.sizes[d] + (at < 0 ? at + args.sizes[d] : at);
  }
  return position;
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
void unravel(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out);
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
void unravel(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out);
}  // namespace cuda

/// values = base: reads.
inline constexpr KernelTable<void(const GatherArgs&)> gather{&cpu::gather, &cuda::gather};
/// base = values.
inline constexpr KernelTable<void(const GatherArgs&)> scatter{&cpu::scatter, &cuda::scatter};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const GatherArgs&)> scatter_add{&cpu::scatter_add, &cuda::scatter_add};

/// values = base: reads.
inline constexpr KernelTable<void(const IndexArgs&)> index_take{&cpu::index_take, &cuda::index_take};
/// base = values.
inline constexpr KernelTable<void(const IndexArgs&)> index_write{&cpu::index_write, &cuda::index_write};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const IndexArgs&)> index_add{&cpu::index_add, &cuda::index_add};

inline constexpr KernelTable<void(const LinearIndexArgs&)> linear_index{&cpu::linear_index, &cuda::linear_index};

/// How many elements are true.
inline constexpr KernelTable<std::int64_t(const bool*, std::int64_t)> count_nonzero{&cpu::count_nonzero,
                                                                                    &cuda::count_nonzero};
/// The positions of the true elements, in order.
inline constexpr KernelTable<void(const bool*, std::int64_t, std::int64_t*)> nonzero{&cpu::nonzero, &cuda::nonzero};
/// Row-major positions as coordinates: out is [n, rank].
inline constexpr KernelTable<void(const std::int64_t*, std::int64_t, const Shape&, std::int64_t*)> unravel{
    &cpu::unravel, &cuda::unravel};

}  // namespace reel::kernels
