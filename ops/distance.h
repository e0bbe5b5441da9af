#pragma once

#include <cstdint>

#include <reel/tensor/tensor.h>

/// Vectors along a dimension: their directions, angles and distances. Right also where squares leave the range of the
/// dtype, and with finite gradients where a vector is 0.
namespace reel {

/// x / max(norm(x, p), eps) along `dim`.
Tensor normalize(const Tensor& x, double p = 2, const Dims& dim = 1, double eps = 1e-12);
/// The cosine of the angle between vectors along `dim`: a . b / (max(|a|, eps) max(|b|, eps)).
Tensor cosine_similarity(const Tensor& a, const Tensor& b, std::int64_t dim = 1, double eps = 1e-8);
/// The p-norm of a - b + eps over the last dimension.
Tensor pairwise_distance(const Tensor& a, const Tensor& b, double p = 2, double eps = 1e-6, bool keepdim = false);
/// The p-norms of the differences of all rows: [..., n, m] and [..., k, m] give [..., n, k], for p from 0 to infinity.
/// The gradient where rows are equal is 0. With p = 2 and more than 25 rows it is computed by a matrix product, as in
/// PyTorch: small distances have an absolute error of some 1e-3 (f32) of the rows' size. Otherwise it takes the memory
/// of all differences.
Tensor cdist(const Tensor& x1, const Tensor& x2, double p = 2);
/// x with each slice of dimension `dim` whose p-norm exceeds `maxnorm` scaled by maxnorm / (norm + 1e-7), as PyTorch
/// does.
Tensor renorm(const Tensor& x, double p, std::int64_t dim, double maxnorm);

}  // namespace reel
