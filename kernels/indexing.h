#pragma once

#include <reel/kernels/elementwise.h>

/// Moving elements by position. Kernels that only move bits work on any dtype, by the size of its elements. Positions
/// are i64 and checked beforehand (`first_outside`). Where a position repeats, elements are written or added in the
/// order of the index, whatever the number of threads.
namespace reel::kernels {

/// For every lane of the nest and every k < n, with i = index[k] of that lane: `values[k]` meets `base[i]`.
/// Operand 0 is values, 1 the index, 2 the base; the nest holds all dimensions but the indexed one.
struct GatherArgs {
  DType dtype;
  StridedLoop<3> lanes;
  std::int64_t n;
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

namespace cpu {
void gather(const GatherArgs& args);
void scatter(const GatherArgs& args);
void scatter_add(const GatherArgs& args);
void index_take(const IndexArgs& args);
void index_write(const IndexArgs& args);
void index_add(const IndexArgs& args);
std::int64_t first_outside(const std::int64_t* index, std::int64_t n, std::int64_t low, std::int64_t high);
void linear_index(const LinearIndexArgs& args);
std::int64_t count_nonzero(const bool* mask, std::int64_t n);
void nonzero(const bool* mask, std::int64_t n, std::int64_t* positions);
void unravel(const std::int64_t* positions, std::int64_t n, const Shape& shape, std::int64_t* out);
}  // namespace cpu

/// values = base: reads.
inline constexpr KernelTable<void(const GatherArgs&)> gather{&cpu::gather};
/// base = values.
inline constexpr KernelTable<void(const GatherArgs&)> scatter{&cpu::scatter};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const GatherArgs&)> scatter_add{&cpu::scatter_add};

/// values = base: reads.
inline constexpr KernelTable<void(const IndexArgs&)> index_take{&cpu::index_take};
/// base = values.
inline constexpr KernelTable<void(const IndexArgs&)> index_write{&cpu::index_write};
/// base += values; boolean: or.
inline constexpr KernelTable<void(const IndexArgs&)> index_add{&cpu::index_add};

/// Where the first number outside [low, high) stands; -1 if there is none.
inline constexpr KernelTable<std::int64_t(const std::int64_t*, std::int64_t, std::int64_t, std::int64_t)> first_outside{
    &cpu::first_outside};
inline constexpr KernelTable<void(const LinearIndexArgs&)> linear_index{&cpu::linear_index};

/// How many elements are true.
inline constexpr KernelTable<std::int64_t(const bool*, std::int64_t)> count_nonzero{&cpu::count_nonzero};
/// The positions of the true elements, in order.
inline constexpr KernelTable<void(const bool*, std::int64_t, std::int64_t*)> nonzero{&cpu::nonzero};
/// Row-major positions as coordinates: out is [n, rank].
inline constexpr KernelTable<void(const std::int64_t*, std::int64_t, const Shape&, std::int64_t*)> unravel{
    &cpu::unravel};

}  // namespace reel::kernels
