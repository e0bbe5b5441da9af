#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <reel/tensor/tensor.h>

/// Repeating elements, and writing and taking them by position, beyond ops/indexing.h; of any dtype. Indices are i64 or
/// i32.
namespace reel {

/// `repeats` copies along each dimension, as `repeat`; the last dimensions if there are fewer numbers than dimensions.
Tensor tile(const Tensor& x, const Dims& repeats);
/// Each slice of a dimension so many times in succession; without one, each element of the flattened tensor.
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt);
/// The same with a number for each slice: i64 or i32, [n] or one for all. A negative one is a ValueError.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<std::int64_t> dim = std::nullopt);
/// The order of the columns (dimension 1) reversed.
Tensor fliplr(const Tensor& x);
/// The order of the rows (dimension 0) reversed.
Tensor flipud(const Tensor& x);
/// `expand`, by its other name.
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Vectors (or numbers) as the coordinates of a grid: tensor i of the result has, at (j0, j1, ...), element ji of
/// vector i. `indexing` is "ij", or "xy", where the first two dimensions change places. The results are views.
Tensors meshgrid(const Tensors& tensors, std::string_view indexing = "ij");

/// x with one number written to the places that gather would read.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
/// x with source combined with the elements that gather would read: "sum", "prod", "mean", "amax" or "amin" of all that
/// goes to one place, and of what x has there, unless include_self is false. Places that the index does not name keep
/// x. Means of integers are rounded down. Equal extremes share the gradient evenly, NaN wins. A product has a first
/// derivative where factors are 0, but no right second one. Numeric dtypes.
Tensor scatter_reduce(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source,
                      std::string_view reduce, bool include_self = true);
/// x with alpha * source added to the slices of a dimension at the positions of a 1-d index, in its order. Numeric
/// dtypes.
Tensor index_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source, Scalar alpha = 1);
/// x with source written to these slices; where an index repeats, the last one wins.
Tensor index_copy(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with a number in these slices.
Tensor index_fill(const Tensor& x, std::int64_t dim, const Tensor& index, Scalar value);
/// x with elements of the source, in order, wherever the boolean mask (broadcast to x) holds. An IndexError if the
/// source has too few.
Tensor masked_scatter(const Tensor& x, const Tensor& mask, const Tensor& source);

/// The elements at positions of the flattened tensor, negative ones from the end, in the shape of the index.
Tensor take(const Tensor& x, const Tensor& index);
/// gather, with x and the index broadcast together outside the dimension; without one, of the flattened tensors.
Tensor take_along_dim(const Tensor& x, const Tensor& index, std::optional<std::int64_t> dim = std::nullopt);

}  // namespace reel
