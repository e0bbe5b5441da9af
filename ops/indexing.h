#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include <reel/ops/options.h>
#include <reel/tensor/tensor.h>

/// Joining, moving and choosing elements, of any dtype. Indices are i64 or i32.
namespace reel {

/// The tensors one after the other along a dimension. Empty vectors, [0], may be among tensors of any rank.
Tensor cat(const Tensors& tensors, std::int64_t dim = 0);
/// The tensors as slices of a new dimension.
Tensor stack(const Tensors& tensors, std::int64_t dim = 0);
/// `repeats` copies along each dimension.
Tensor repeat(const Tensor& x, const Dims& repeats);
/// The order reversed along the given dimensions.
Tensor flip(const Tensor& x, const Dims& dims);
/// Zeros with the last dimension of x on the diagonal of two new dimensions, `offset` places above the main one.
Tensor diag_embed(const Tensor& x, std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1);
/// The matrix with a vector on its diagonal, or a copy of the diagonal of a matrix.
Tensor diag(const Tensor& x, std::int64_t diagonal = 0);
/// Shifted along the given dimensions, what falls off coming back in; without dimensions, the flattened tensor.
Tensor roll(const Tensor& x, const Dims& shifts, const Dims& dims = {});
/// Turned by k * 90 degrees from dims[0] towards dims[1].
Tensor rot90(const Tensor& x, std::int64_t k = 1, const Dims& dims = {0, 1});
/// Values (before, after) around the last dimensions, given from the last one backwards. Negative amounts crop, which
/// `circular` does first; `reflect` and `replicate` take what they add from the whole dimension. A ShapeError if a
/// dimension is too small to crop, or for what is taken from it: `reflect` needs more elements than it adds at one end,
/// `circular` as many. A `value` is for constant padding alone.
Tensor pad(const Tensor& x, const std::vector<std::int64_t>& padding, PadMode mode = PadMode::constant,
           Scalar value = 0);
/// The lower triangle of the last two dimensions, up to the given diagonal; 0 elsewhere.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
/// The upper triangle of the last two dimensions, from the given diagonal on; 0 elsewhere.
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);
/// out[i][j] = x[index[i][j]][j] for dim 0, and so on; index is not larger than x in the other dimensions.
Tensor gather(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x with source written to the places that gather would read; where an index repeats, the last one wins.
Tensor scatter(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// x with source added to the places that gather would read, in the order of the index. Long sums run in f64.
Tensor scatter_add(const Tensor& x, std::int64_t dim, const Tensor& index, const Tensor& source);
/// The slices of a dimension at the positions of a 1-d index; of a tensor of rank 0 itself, at one position.
Tensor index_select(const Tensor& x, std::int64_t dim, const Tensor& index);
/// x[indices...] with tensors of positions, broadcast together; undefined ones stand for a whole dimension. The
/// dimensions of the indices come where the first of them was, or first if a whole dimension lies between them; an
/// index of rank 0 selects like an integer, and its place does not count.
Tensor index(const Tensor& x, const Tensors& indices);
/// x with values (broadcast) written, or added with `accumulate`, where `index` would read. Long sums run in f64.
Tensor index_put(const Tensor& x, const Tensors& indices, const Tensor& values, bool accumulate = false);
/// The elements where the boolean mask (broadcast) holds, as a vector.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// The positions (i64, [count, rank]) of the elements that are not 0.
Tensor nonzero(const Tensor& x);
/// 1 at each label's position of a new last dimension, else 0 (i64); -1 classes: the largest label + 1.
Tensor one_hot(const Tensor& labels, std::int64_t num_classes = -1);
/// The elements in order along a dimension, and where they came from (i64); equal ones keep their order, NaN is
/// largest.
std::tuple<Tensor, Tensor> sort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// The positions (i64) that sort would return.
Tensor argsort(const Tensor& x, std::int64_t dim = -1, bool descending = false);
/// The k largest (or smallest) elements along a dimension, in order, and where they came from (i64).
std::tuple<Tensor, Tensor> topk(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool largest = true);

}  // namespace reel
