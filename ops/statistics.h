#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>

#include <reel/tensor/tensor.h>

/// Statistics: pairs of reductions, order, counts, covariances. Results that are an element of the input give it the
/// gradient.
namespace reel {

/// The variance and the mean, as var and mean.
std::tuple<Tensor, Tensor> var_mean(const Tensor& x, const Dims& dims = {}, double correction = 1,
                                    bool keepdim = false);
/// The standard deviation and the mean, as stddev and mean.
std::tuple<Tensor, Tensor> std_mean(const Tensor& x, const Dims& dims = {}, double correction = 1,
                                    bool keepdim = false);
/// The minimum and the maximum along a dimension, as amin and amax; without one, of all elements. Also integers and
/// boolean.
std::tuple<Tensor, Tensor> aminmax(const Tensor& x, std::optional<std::int64_t> dim = std::nullopt,
                                   bool keepdim = false);
/// The sum of what is not NaN.
Tensor nansum(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// The mean of what is not NaN; NaN where there is nothing else.
Tensor nanmean(const Tensor& x, const Dims& dims = {}, bool keepdim = false);
/// How many elements (i64) are not 0. Also integers and boolean.
Tensor count_nonzero(const Tensor& x, const Dims& dims = {});

/// The median of all elements, the lower one of two; NaN if there is one. Equal medians share the gradient evenly. Also
/// integers. Of nothing NaN, for integers a ValueError.
Tensor median(const Tensor& x);
/// The medians along a dimension, the lower ones of two, and where they are (i64); the first NaN if there is one. Also
/// integers.
std::tuple<Tensor, Tensor> median(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The median of the elements that are not NaN.
Tensor nanmedian(const Tensor& x);
/// The same along a dimension, with positions (i64).
std::tuple<Tensor, Tensor> nanmedian(const Tensor& x, std::int64_t dim, bool keepdim = false);
/// The k-th smallest elements along a dimension, counted from 1, and where they are (i64); NaN is largest. Also
/// integers.
std::tuple<Tensor, Tensor> kthvalue(const Tensor& x, std::int64_t k, std::int64_t dim = -1, bool keepdim = false);
/// The most frequent elements along a dimension, the smallest of several, and where they are last (i64). NaNs are equal
/// here. Also integers and boolean.
std::tuple<Tensor, Tensor> mode(const Tensor& x, std::int64_t dim = -1, bool keepdim = false);

/// The elements below which a share q, from 0 to 1, of the others lies along a dimension, or of all: of rank
/// q * (n - 1). Between two ranks `interpolation` is "linear", "lower", "higher", "midpoint" or "nearest" (halves to
/// even). NaN if there is one.
Tensor quantile(const Tensor& x, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                std::string_view interpolation = "linear");
/// The same for each number of a vector, in a new first dimension, or one of rank 0, of the dtype of x.
Tensor quantile(const Tensor& x, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                std::string_view interpolation = "linear");
/// The quantile of the elements that are not NaN; NaN where there are none.
Tensor nanquantile(const Tensor& x, double q, std::optional<std::int64_t> dim = std::nullopt, bool keepdim = false,
                   std::string_view interpolation = "linear");
/// The same for each number of a vector.
Tensor nanquantile(const Tensor& x, const Tensor& q, std::optional<std::int64_t> dim = std::nullopt,
                   bool keepdim = false, std::string_view interpolation = "linear");

/// How often each whole number from 0 to the largest, or to minlength - 1, occurs in a vector of i64 or i32; with
/// weights, the sums of theirs, in their dtype. i64 without weights. Negative numbers are an IndexError.
Tensor bincount(const Tensor& x, const Tensor& weights = {}, std::int64_t minlength = 0);
/// How many elements lie in each of `bins` equal parts of [min, max], in the dtype of x; others do not count. If these
/// are equal they are the smallest and the largest element. No gradient.
Tensor histc(const Tensor& x, std::int64_t bins = 100, double min = 0, double max = 0);

/// The covariance matrix of variables, the rows of [variables, observations], or a vector's variance, with divisor
/// n - correction.
Tensor cov(const Tensor& x, std::int64_t correction = 1);
/// The matrix of correlation coefficients of the rows, in [-1, 1]; NaN for a constant row.
Tensor corrcoef(const Tensor& x);

}  // namespace reel
