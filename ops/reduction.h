#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <reel/tensor/tensor.h>

/// Reductions over dimensions. Without any they are over all; negative ones count from the end.
namespace reel {

/// The sum. Also integers and boolean, summed as i64, and half floats, summed in f32.
Tensor sum(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The sum over the dimensions that broadcasting would add or stretch: the inverse of `expand`.
Tensor sum_to(const Tensor& x, const Shape& shape);
/// The mean. Of booleans the share that is true, as f32, without a gradient; integers must be converted first.
Tensor mean(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The product. Also integers and boolean, as i64.
Tensor prod(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The variance with divisor n - correction; infinite where it is out of the range of the dtype (f32: from deviations
/// of some 1e19), although `stddev` is not.
Tensor var(const Tensor& x, const Dims& dims = {}, double correction = 1, bool keepdim = false);
/// The standard deviation (PyTorch's std) with divisor n - correction, right also where its square is out of range; the
/// gradient where it is 0 is 0.
Tensor stddev(const Tensor& x, const Dims& dims = {}, double correction = 1, bool keepdim = false);
/// The maximum; equal maxima share the gradient evenly, NaN wins. Also integers and boolean.
Tensor amax(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The minimum; equal minima share the gradient evenly, NaN wins. Also integers and boolean.
Tensor amin(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The largest element of all, as amax.
Tensor max(const Tensor& x);
/// The smallest element of all, as amin.
Tensor min(const Tensor& x);
/// The maxima along a dimension and where they are (i64): the first of equals, which gets the gradient. Also integers
/// and boolean.
std::tuple<Tensor, Tensor> max(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The minima along a dimension and where they are (i64): the first of equals, which gets the gradient. Also integers
/// and boolean.
std::tuple<Tensor, Tensor> min(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The index (i64) of the first maximum along `dim`; without one, in the flattened tensor. Also integers and boolean.
Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// The index (i64) of the first minimum along `dim`; without one, in the flattened tensor. Also integers and boolean.
Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false);
/// (sum |x|^p)^(1/p), right also where the powers are out of range; p may be infinity (the largest |x|). The gradient
/// of the 2-norm at 0 is 0. p = 0 counts the elements that are not 0; its gradient is 0.
Tensor norm(const Tensor& x, double p = 2, const Dims& dims = {}, bool keepdim = false);
/// log(sum(exp(x))), exact for arguments of any size.
Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim = false);
/// Whether all elements are non-zero; boolean. Also integers and boolean.
Tensor all(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// Whether any element is non-zero; boolean. Also integers and boolean.
Tensor any(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The running sum along a dimension. Also integers, as i64.
Tensor cumsum(const Tensor& x, std::int64_t dim);
/// The running product along a dimension. Also integers, as i64.
Tensor cumprod(const Tensor& x, std::int64_t dim);

}  // namespace reel
