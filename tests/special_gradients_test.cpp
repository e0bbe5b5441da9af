// Gradients at points where central differences say nothing.

#include <cmath>
#include <functional>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/gradcheck.h>
#include <reel/ops/ops.h>

#include "support/op_samples.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Values = std::vector<double>;

/// Whether the numbers are those expected, NaN included.
void check_same(const Tensor& found, const Values& expected) {
  const Values values = found.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO("element " << i << " is " << values[i] << ", expected " << expected[i]);
    if (std::isnan(expected[i])) CHECK(std::isnan(values[i]));
    else if (std::isinf(expected[i])) CHECK(values[i] == expected[i]);
    else CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-6));
  }
}

Tensor leaf_of(const Values& values, DType dtype = DType::f64) { return tensor(values).to(dtype).requires_grad_(); }

}  // namespace

TEST_CASE("powers have their second derivatives at special points, in both orders") {
  struct Point {
    double a, b;
    double by_a, by_b, aa, ab, bb;
  };
  const double ln2 = std::log(2);
  const Point points[] = {
      {2, 0, 0, ln2, 0, 0.5, ln2 * ln2},
      {1, 0, 0, 0, 0, 1, 0},
      {0.25, 0, 0, -2 * ln2, 0, 4, 4 * ln2 * ln2},
      {2, 1, 1, 2 * ln2, 0, 1 + ln2, 2 * ln2 * ln2},
      {0, 2, 0, 0, 2, 0, 0},
      {0, 3, 0, 0, 0, 0, 0},
      {0, 0, 0, 0, 0, 0, 0},  // flat: 0^b is 0 for b > 0
  };
  for (const Point& p : points) {
    INFO("a = " << p.a << ", b = " << p.b);
    const Tensor a = leaf_of({p.a}), b = leaf_of({p.b});
    const Tensors first = grad({pow(a, b)}, {a, b}, {.create_graph = true});
    check_same(first[0], {p.by_a});
    check_same(first[1], {p.by_b});
    const Tensors of_a = grad({first[0]}, {a, b}, {.retain_graph = true});
    const Tensors of_b = grad({first[1]}, {a, b}, {.retain_graph = true});
    check_same(of_a[0], {p.aa});
    check_same(of_a[1], {p.ab});
    check_same(of_b[0], {p.ab});
    check_same(of_b[1], {p.bb});
  }
}

TEST_CASE("powers of 0 with constant exponents have derivatives of any order") {
  const Tensor x = leaf_of({0, 0, 0, 0, 0}), exponents = tensor(Values{0, 1, 2, 3, 4});
  Tensor y = pow(x, exponents);
  const std::vector<Values> derivatives{{0, 1, 0, 0, 0}, {0, 0, 2, 0, 0}, {0, 0, 0, 6, 0}, {0, 0, 0, 0, 24}};
  for (const Values& expected : derivatives) {
    y = grad({y}, {x}, {.create_graph = true, .grad_outputs = {ones_like(x)}})[0];
    check_same(y, expected);
  }
}

TEST_CASE("gradients are right where a formula changes smoothly") {
  const auto at = [](const TensorLiteral& points, const std::function<Tensor(const Tensor&)>& f) {
    CHECK_NOTHROW(gradcheck(call1(f), {leaf_at(points)}));
  };
  at({0.0, -0.0}, [](const Tensor& x) { return elu(x); });
  at({0.7, -0.7}, [](const Tensor& x) { return smooth_l1_loss(x, zeros_like(x), Reduction::none, 0.7); });
  at({{0, 0}, {0, 3}}, [](const Tensor& x) { return norm(x + tensor(Values{0, 1}), 1.5, {1}); });
}
