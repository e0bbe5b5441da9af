#pragma once

#include <string_view>

#include <reel/tensor/tensor.h>

/// Products, also of integers and half floats; these are summed in f32, and each result is rounded once.
namespace reel {

/// The matrix product, with all of PyTorch's cases: vectors, matrices, and batches whose leading dimensions broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);
/// The product of two matrices, [n, k] @ [k, m].
Tensor mm(const Tensor& a, const Tensor& b);
/// The product of a matrix and a vector, [n, k] @ [k].
Tensor mv(const Tensor& matrix, const Tensor& vector);
/// Products of batches: [B, n, k] @ [B, k, m].
Tensor bmm(const Tensor& a, const Tensor& b);
/// beta * c + alpha * (a @ b) for matrices; c is broadcast. Of floating dtypes. A factor of 0 leaves its operand out,
/// whatever its values, even NaN.
Tensor addmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// x @ weight^T + bias: x [..., in], weight [out, in], bias [out] or undefined. Not of integers.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
/// All products of two vectors: [n, m].
Tensor outer(const Tensor& a, const Tensor& b);
/// The inner product of two vectors.
Tensor dot(const Tensor& a, const Tensor& b);
/// The sum of the diagonal of a matrix.
Tensor trace(const Tensor& x);
/// Einstein summation, "bij,bjk->bik"; with "..." for broadcast dimensions and repeated letters for diagonals.
/// Operands are multiplied from left to right, and half floats are rounded after each of these products.
Tensor einsum(std::string_view equation, const Tensors& operands);

}  // namespace reel
