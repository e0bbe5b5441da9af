#pragma once

#include <functional>
#include <map>
#include <string>

#include <reel/tensor/tensor.h>

namespace reel::testing {

/// Maps operands of n elements to a result of n elements.
using ElementwiseCall = std::function<Tensor(const Tensors&)>;
/// Takes rows whose elements from `at` on are the table's; what lies around them is -infinity.
using RowCall = std::function<Tensor(const Tensor& x, std::int64_t at)>;

/// Reel's call for each case of special_values.txt, by name: elementwise operations, and those along a dimension.
std::map<std::string, ElementwiseCall> elementwise_calls();
std::map<std::string, RowCall> row_calls();
/// Adds those of rarer activations, special functions and losses.
void add_rarer_elementwise_calls(std::map<std::string, ElementwiseCall>& calls);

}  // namespace reel::testing
