#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <reel/tensor/tensor.h>

/// Views, which copy nothing, of any dtype. The members of Tensor of the same names do the same.
namespace reel {

/// The same elements in another shape; one size may be -1. A copy where the strides allow no view.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Dimensions start..end as one.
Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
/// Dimension `dim` as several of these sizes, at least one, of which one may be -1: a view, the opposite of `flatten`.
Tensor unflatten(const Tensor& x, std::int64_t dim, const Shape& sizes);
/// Two dimensions exchanged.
Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
/// The transpose of a matrix; vectors stay as they are.
Tensor t(const Tensor& x);
/// The dimensions in another order.
Tensor permute(const Tensor& x, const Dims& dims);
/// Dimensions `source` moved to positions `destination`, the others keep their order.
Tensor movedim(const Tensor& x, const Dims& source, const Dims& destination);
/// Dimensions of size 1 stretched to `shape` (-1: keep), new ones added in front.
Tensor expand(const Tensor& x, const Shape& shape);
/// Without its dimensions of size 1, or without `dim` if its size is 1.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
/// With a new dimension of size 1.
Tensor unsqueeze(const Tensor& x, std::int64_t dim);
/// One index of a dimension, which disappears.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
/// `length` indices of a dimension from `start` on.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
/// start:end:step of a dimension, with Python's rules for missing, negative and too large limits.
Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start, std::optional<std::int64_t> end,
             std::int64_t step = 1);
/// Sliding windows of `size` every `step` along a dimension; the window is a new last dimension. A tensor of rank 0 is
/// a single window.
Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step);
/// The diagonal of two dimensions as a new last one.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1);
/// Pieces of `size` along a dimension (the last may be smaller), or pieces of the given sizes.
Tensors split(const Tensor& x, std::int64_t size, std::int64_t dim = 0);
Tensors split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
/// The slices along a dimension, without it.
Tensors unbind(const Tensor& x, std::int64_t dim = 0);
/// Pieces of (nearly) equal size: `chunks`, or fewer, as in PyTorch, if the dimension does not fill so many. Of an
/// empty dimension, `chunks` empty ones.
Tensors chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);

}  // namespace reel
