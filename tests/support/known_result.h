#pragma once

#include <cmath>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <reel/tensor/tensor.h>

namespace reel::testing {

/// Checks shapes and elements of an operation's results, the elements one after the other. NaN is equal to NaN. `line`
/// is that of the call, for messages.
inline void check_results(const Tensors& got, const std::vector<Shape>& shapes, const std::vector<double>& values = {},
                          int line = __builtin_LINE()) {
  INFO("line " << line);
  std::vector<Shape> got_shapes;
  std::vector<double> got_values;
  for (const Tensor& t : got) {
    got_shapes.push_back(t.shape());
    for (const double value : t.to_vector<double>()) got_values.push_back(value);
  }
  CHECK(got_shapes == shapes);
  REQUIRE(got_values.size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) CHECK(std::isnan(got_values[i]));
    else CHECK(got_values[i] == values[i]);
  }
}
inline void check_result(const Tensor& got, const Shape& shape, const std::vector<double>& values = {},
                         int line = __builtin_LINE()) {
  check_results({got}, {shape}, values, line);
}
inline void check_results(const std::tuple<Tensor, Tensor>& got, const std::vector<Shape>& shapes,
                          const std::vector<double>& values = {}, int line = __builtin_LINE()) {
  check_results(Tensors{std::get<0>(got), std::get<1>(got)}, shapes, values, line);
}

}  // namespace reel::testing
