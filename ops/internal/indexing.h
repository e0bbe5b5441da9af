#pragma once

#include <string_view>

#include <reel/ops/internal/checks.h>
#include <reel/ops/ops.h>

/// What the operations that move elements by position share.
namespace reel::detail {

/// Throws unless `index` is i64 and on the device of `x`.
void check_index_tensor(std::string_view op, const Tensor& x, const Tensor& index);
/// Throws unless every position is in [0, size), or in [-size, size) with `negative`; the message names `dim`.
void check_positions(std::string_view op, const Tensor& index, std::int64_t dim, std::int64_t size,
                     bool negative = false);

/// Slices of `dim` at positions that were checked. Differentiable.
Tensor take_slices(const Tensor& x, int dim, const Tensor& index);
/// `x` (undefined: zeros of `shape`) with slices of `dim` written or added at checked positions. Differentiable.
Tensor put_slices(const Tensor& x, const Shape& shape, int dim, const Tensor& index, const Tensor& values,
                  bool accumulate);
/// The same in place, off the tape.
void put_slices_into(const Tensor& base, int dim, const Tensor& index, const Tensor& values, bool accumulate);

/// Indexing by several tensors as indexing by one: the indexed dimensions are brought together (to the front if other
/// dimensions separate them, as NumPy and PyTorch have it), seen as one, and indexed by row-major positions.
struct IndexPlan {
  Dims order;        // of the dimensions; empty if they stay
  int first, count;  // the indexed dimensions, then
  Shape flat;        // with those dimensions as one
  Tensor positions;  // in that one (i64, 1-d)
  Shape values;      // flat, with as many slices as there are positions
  Shape result;      // with the indices' common shape in their place

  /// x in the shape `flat`, a view if possible.
  Tensor flatten(const Tensor& x) const;
  /// `source`, which must broadcast to `result`, in the shape `values`.
  Tensor slices(std::string_view op, const Tensor& x, const Tensor& source) const;
};
IndexPlan plan_index(std::string_view op, const Tensor& x, const Tensors& indices);

/// index_put without accumulation, into x itself; off the tape.
void index_put_in_place(const Tensor& x, const Tensors& indices, const Tensor& values);

}  // namespace reel::detail
