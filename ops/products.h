#pragma once

#include <cstdint>
#include <optional>

#include <reel/tensor/tensor.h>

/// Products over chosen dimensions.
namespace reel {

/// The sum of products over the last `dims` dimensions of a and the first of b. Also integers and half floats.
Tensor tensordot(const Tensor& a, const Tensor& b, std::int64_t dims = 2);
/// The sum of products over pairs of dimensions: dims_a[i] of a and dims_b[i] of b, which have one size.
Tensor tensordot(const Tensor& a, const Tensor& b, const Dims& dims_a, const Dims& dims_b);
/// beta * c + alpha * (a @ b) for batches, [B, n, k] @ [B, k, m]; c is broadcast. As addmm.
Tensor baddbmm(const Tensor& c, const Tensor& a, const Tensor& b, double beta = 1, double alpha = 1);
/// The cross product of vectors of three elements along a dimension, the first of size 3 if none is given. Operands
/// broadcast. Also integers.
Tensor cross(const Tensor& a, const Tensor& b, std::optional<std::int64_t> dim = std::nullopt);
/// The Kronecker product: a with each element replaced by the element times b. Up to rank 4. Also integers.
Tensor kron(const Tensor& a, const Tensor& b);

}  // namespace reel
