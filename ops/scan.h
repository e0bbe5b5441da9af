#pragma once

#include <cstdint>
#include <tuple>

#include <reel/tensor/tensor.h>

/// Running extremes and sums along a dimension, and differences of neighbours.
namespace reel {

/// The largest element so far along a dimension and where it is (i64), the last of equals, which gets the gradient; NaN
/// wins. Also integers and boolean.
std::tuple<Tensor, Tensor> cummax(const Tensor& x, std::int64_t dim);
/// The smallest element so far along a dimension and where it is (i64), the last of equals, which gets the gradient;
/// NaN wins. Also integers and boolean.
std::tuple<Tensor, Tensor> cummin(const Tensor& x, std::int64_t dim);
/// The running logsumexp along a dimension, exact for arguments of any size.
Tensor logcumsumexp(const Tensor& x, std::int64_t dim);
/// The differences of neighbours along a dimension, n times. `prepend` and `append`, if defined, are joined to x first.
/// Also integers; of booleans, whether neighbours differ.
Tensor diff(const Tensor& x, std::int64_t n = 1, std::int64_t dim = -1, const Tensor& prepend = {},
            const Tensor& append = {});
/// The integral of y along a dimension by the trapezoidal rule, with points dx apart.
Tensor trapezoid(const Tensor& y, double dx = 1, std::int64_t dim = -1);
/// The same at the points x, which broadcast to y; a vector belongs to the dimension.
Tensor trapezoid(const Tensor& y, const Tensor& x, std::int64_t dim = -1);

}  // namespace reel
