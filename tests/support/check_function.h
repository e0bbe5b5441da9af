#pragma once

#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/ops/factories.h>
#include <reel/ops/reduction.h>

/// Values of elementwise functions against arithmetic.
namespace reel::testing {

inline constexpr double infinity = std::numeric_limits<double>::infinity();
inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

inline Tensor doubles(const std::vector<double>& values) { return tensor(values); }

/// Whether f maps the values as `expected` does, in f64 to 1e-14 and in f32 to 2e-6, NaN, infinities and zeros
/// included.
inline void check_function(const std::function<Tensor(const Tensor&)>& f, const std::function<double(double)>& expected,
                           const std::vector<double>& values) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    const Tensor x = doubles(values).to(dtype);
    const std::vector<double> in = x.to_vector<double>(), out = f(x).to_vector<double>();
    const double tolerance = dtype == DType::f64 ? 1e-14 : 2e-6;
    for (std::size_t i = 0; i < in.size(); ++i) {
      double want = expected(in[i]);
      if (dtype == DType::f32) want = static_cast<float>(want);
      INFO(to_string(dtype) << " f(" << in[i] << ") = " << out[i] << ", expected " << want);
      const bool same = std::isnan(want) ? std::isnan(out[i]) : out[i] == want;
      const double smallest = dtype == DType::f64 ? 1e-300 : 1e-37;  // below, numbers lose digits
      CHECK((same || std::abs(out[i] - want) <= tolerance * std::abs(want) + smallest));
    }
  }
}

/// Numbers around 0, on both sides of the vector width, and the extremes.
inline std::vector<double> line(double low, double high, int n = 37) {
  std::vector<double> out;
  for (int i = 0; i < n; ++i) out.push_back(low + (high - low) * i / (n - 1));
  return out;
}
inline std::vector<double> with(std::vector<double> values, const std::vector<double>& more) {
  values.insert(values.end(), more.begin(), more.end());
  return values;
}

/// The gradient of the sum of f.
inline Tensor gradient(const std::function<Tensor(const Tensor&)>& f, const Tensor& x) {
  const Tensor leaf = x.detach().clone().requires_grad_();
  sum(f(leaf)).backward();
  return leaf.grad();
}

}  // namespace reel::testing
