#pragma once

#include <string_view>

#include <reel/ops/internal/checks.h>
#include <reel/tensor/tensor.h>

/// What operations that access elements by position share.
namespace reel::detail {

/// The index as i64; throws unless it is i64 or i32 and on the device of `x`.
Tensor index_tensor(std::string_view op, const Tensor& x, const Tensor& index);
/// Throws unless every position is in [0, size), or in [-size, size) with `negative`; the message names `dim`.
void check_positions(std::string_view op, const Tensor& index, std::int64_t dim, std::int64_t size,
                     bool negative = false);

/// Slices of `dim` at checked positions. Differentiable.
Tensor take_slices(const Tensor& x, int dim, const Tensor& index);
/// `x` (zeros of `shape` if undefined) with slices of `dim` written or added at checked positions. Differentiable.
Tensor put_slices(const Tensor& x, const Shape& shape, int dim, const Tensor& index, const Tensor& values,
                  bool accumulate);
/// The same in place, off the tape.
void put_slices_into(const Tensor& base, int dim, const Tensor& index, const Tensor& values, bool accumulate);

/// Reduces indexing by several tensors to indexing by one: the indexed dimensions are merged and indexed by row-major
/// positions. They are brought together where the first of them is, or at the front if another dimension lies between
/// them, as in NumPy and PyTorch. An index of rank 0 selects, as an integer does: where its dimension is counts for
/// nothing.
struct IndexPlan {
  Dims order;        // of the dimensions; empty if none moves
  int first;         // of the indexed dimensions in that order
  Shape flat;        // the shape of x with the indexed dimensions merged
  Tensor positions;  // in the merged dimension (i64, 1-d)
  Shape values;      // `flat` with one slice for each position
  Shape result;      // `flat` with the common shape of the indices in place of the merged dimension

  /// x in the shape `flat`, a view if possible.
  Tensor flatten(const Tensor& x) const;
  /// `source`, which must broadcast to `result`, in the shape `values`.
  Tensor slices(std::string_view op, const Tensor& x, const Tensor& source) const;
};
IndexPlan plan_index(std::string_view op, const Tensor& x, const Tensors& indices);

/// index_put into x itself, without accumulation; off the tape.
void index_put_in_place(const Tensor& x, const Tensors& indices, const Tensor& values);

}  // namespace reel::detail
