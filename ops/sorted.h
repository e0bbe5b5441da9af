#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include <reel/tensor/tensor.h>

/// Distinct elements, and positions in sorted sequences; of numbers and boolean.
namespace reel {

/// {the distinct elements in order, where each element of x is among them, how often each occurs}; the last two (i64)
/// are undefined unless asked for. With `dim`, slices of that dimension in place of elements; that takes a sort for
/// each element of a slice. Every NaN is distinct. The result is sorted whatever `sorted` says; it carries no gradient.
std::tuple<Tensor, Tensor, Tensor> unique(const Tensor& x, bool sorted = true, bool return_inverse = false,
                                          bool return_counts = false, std::optional<std::int64_t> dim = std::nullopt);
/// The same without its sort: the first of each run of equal neighbours.
std::tuple<Tensor, Tensor, Tensor> unique_consecutive(const Tensor& x, bool return_inverse = false,
                                                      bool return_counts = false,
                                                      std::optional<std::int64_t> dim = std::nullopt);
/// Where each value would have to be inserted into a row of the sequence to keep it sorted: before equal elements, or
/// after them if `right`. The sequence is a vector, or has the leading dimensions of the values, [..., n] and [..., m];
/// each row ascends, with NaN as the largest, which is not checked. i64, or i32 if `out_int32`.
Tensor searchsorted(const Tensor& sorted_sequence, const Tensor& values, bool out_int32 = false, bool right = false);
/// The number of the bucket of each element of x, between the ascending boundaries, a vector: searchsorted.
Tensor bucketize(const Tensor& x, const Tensor& boundaries, bool out_int32 = false, bool right = false);

}  // namespace reel
