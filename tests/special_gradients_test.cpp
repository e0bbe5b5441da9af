// Gradients where an input is NaN, and at points where central differences say nothing.

#include <cmath>
#include <functional>
#include <limits>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/gradcheck.h>
#include <reel/ops/ops.h>

#include "support/op_samples.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Values = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

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

/// The values again and again, `n` in all: enough for the body of a vector loop and a rest.
Values repeated(const Values& values, std::size_t n) {
  Values result;
  for (std::size_t i = 0; i < n; ++i) result.push_back(values[i % values.size()]);
  return result;
}

Tensor leaf_of(const Values& values, DType dtype = DType::f64) { return tensor(values).to(dtype).requires_grad_(); }

/// The gradients of f, and that they are linear in the output's gradient: the second derivative by it is the same.
void check_gradients(const TensorFunction& f, const std::vector<Values>& inputs, const std::vector<Values>& expected) {
  for (const DType dtype : {DType::f64, DType::f32}) {
    for (const std::size_t n : {inputs[0].size(), std::size_t{67}}) {
      INFO(to_string(dtype) << ", " << n << " elements");
      Tensors leaves;
      for (const Values& values : inputs) leaves.push_back(leaf_of(repeated(values, n), dtype));
      const Tensor y = f(leaves)[0], ones = ones_like(y).requires_grad_();
      const Tensors grads = grad({y}, leaves, {.grad_outputs = {ones}, .create_graph = true});
      for (std::size_t i = 0; i < leaves.size(); ++i) {
        INFO("input " << i);
        check_same(grads[i], repeated(expected[i], n));
        check_same(grad({grads[i]}, {ones}, {.grad_outputs = {ones_like(y)}, .retain_graph = true})[0],
                   repeated(expected[i], n));
      }
    }
  }
}

}  // namespace

TEST_CASE("a NaN passes the gradient on or makes it NaN, but not 0") {
  struct Function {
    std::string name;
    std::function<Tensor(const Tensor&)> f;
    Values expected;  // at NaN, -0.5, 0.5, NaN, 3
  };
  const double e = std::exp(-0.5), scale = 1.0507009873554805, alpha = 1.6732632423543772;
  const Function functions[] = {
      {"relu", [](const Tensor& x) { return relu(x); }, {1, 0, 1, 1, 1}},
      {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.25); }, {0.25, 0.25, 1, 0.25, 1}},
      {"hardtanh", [](const Tensor& x) { return hardtanh(x, -0.25, 1); }, {1, 0, 1, 1, 0}},
      {"relu6", [](const Tensor& x) { return hardtanh(x, 0, 2); }, {1, 0, 1, 1, 0}},
      {"clamp", [](const Tensor& x) { return clamp(x, 0, 1); }, {1, 0, 1, 1, 0}},
      {"clamp from below", [](const Tensor& x) { return clamp(x, 0); }, {1, 0, 1, 1, 1}},
      {"clamp from above", [](const Tensor& x) { return clamp(x, std::nullopt, 1); }, {1, 1, 1, 1, 0}},
      {"elu", [](const Tensor& x) { return elu(x); }, {not_a_number, e, 1, not_a_number, 1}},
      {"selu", [](const Tensor& x) { return selu(x); }, {not_a_number, scale * alpha * e, scale, not_a_number, scale}},
      {"abs", [](const Tensor& x) { return abs(x); }, {not_a_number, -1, 1, not_a_number, 1}},
      {"l1_loss",
       [](const Tensor& x) { return l1_loss(x, zeros_like(x), Reduction::none); },
       {not_a_number, -1, 1, not_a_number, 1}},
      {"smooth_l1_loss",
       [](const Tensor& x) { return smooth_l1_loss(x, zeros_like(x), Reduction::none); },
       {not_a_number, -0.5, 0.5, not_a_number, 1}},
      {"prelu", [](const Tensor& x) { return prelu(x, full({}, 0.25, x.options())); }, {0.25, 0.25, 1, 0.25, 1}},
      {"pow(x, 0)", [](const Tensor& x) { return pow(x, 0); }, {0, 0, 0, 0, 0}},  // 1, whatever x is
      {"pow(x, tensor 0)", [](const Tensor& x) { return pow(x, zeros_like(x)); }, {0, 0, 0, 0, 0}},
      {"pow(0, x)", [](const Tensor& x) { return pow(0, x); }, {not_a_number, -infinity, 0, not_a_number, 0}},
  };
  for (const Function& function : functions) {
    INFO(function.name);
    check_gradients(call1(function.f), {{not_a_number, -0.5, 0.5, not_a_number, 3}}, {function.expected});
  }
}

TEST_CASE("every activation shows a NaN in its gradient") {
  const std::vector<std::function<Tensor(const Tensor&)>> smooth{
      [](const Tensor& x) { return sigmoid(x); },   [](const Tensor& x) { return tanh(x); },
      [](const Tensor& x) { return gelu(x); },      [](const Tensor& x) { return silu(x); },
      [](const Tensor& x) { return mish(x); },      [](const Tensor& x) { return softplus(x); },
      [](const Tensor& x) { return swiglu(x, x); }, [](const Tensor& x) { return gelu(x, GeluApproximate::tanh); }};
  for (std::size_t i = 0; i < smooth.size(); ++i) {
    INFO("function " << i);
    check_gradients(call1(smooth[i]), {Values{not_a_number}}, {Values{not_a_number}});
  }
}

TEST_CASE("of two operands the one that is NaN gets the gradient") {
  const Values a{not_a_number, 0, not_a_number, not_a_number, 1, 2, 1, -infinity},
      b{0, not_a_number, infinity, not_a_number, 1, 1, 2, not_a_number};
  check_gradients(call2([](const Tensor& x, const Tensor& y) { return maximum(x, y); }), {a, b},
                  {{1, 0, 1, 0.5, 0.5, 1, 0, 0}, {0, 1, 0, 0.5, 0.5, 0, 1, 1}});
  check_gradients(call2([](const Tensor& x, const Tensor& y) { return minimum(x, y); }), {a, b},
                  {{1, 0, 1, 0.5, 0.5, 0, 1, 0}, {0, 1, 0, 0.5, 0.5, 1, 0, 1}});
}

TEST_CASE("of many elements those that are NaN get the gradient") {
  const auto check = [](const std::function<Tensor(const Tensor&)>& f, const Values& expected) {
    for (const DType dtype : {DType::f64, DType::f32}) {
      const Tensor x = leaf_of({1, not_a_number, 2, not_a_number, 0, 7, 7, 3, -1, -1}, dtype);
      const Tensor y = f(x.view({2, 5})), ones = ones_like(y).requires_grad_();
      const Tensor g = grad({y}, {x}, {.grad_outputs = {ones}, .create_graph = true})[0];
      check_same(g, expected);
      check_same(grad({g}, {ones}, {.grad_outputs = {full_like(g, 0.25)}})[0],
                 Values(static_cast<std::size_t>(y.numel()), 0.25));
    }
  };
  check([](const Tensor& x) { return amax(x, {1}); }, {0, 0.5, 0, 0.5, 0, 0.5, 0.5, 0, 0, 0});
  check([](const Tensor& x) { return amin(x, {1}); }, {0, 0.5, 0, 0.5, 0, 0, 0, 0, 0.5, 0.5});
  check([](const Tensor& x) { return amax(x); }, {0, 0.5, 0, 0.5, 0, 0, 0, 0, 0, 0});
  check([](const Tensor& x) { return amin(x); }, {0, 0.5, 0, 0.5, 0, 0, 0, 0, 0, 0});
  // As in PyTorch, max, min, sort and topk choose the first of equals and of NaN, max_pool2d the last NaN.
  check([](const Tensor& x) { return std::get<0>(max(x, 1)); }, {0, 1, 0, 0, 0, 1, 0, 0, 0, 0});
  check([](const Tensor& x) { return std::get<0>(min(x, 1)); }, {0, 1, 0, 0, 0, 0, 0, 0, 1, 0});
  check([](const Tensor& x) { return std::get<0>(topk(x, 1)); }, {0, 1, 0, 0, 0, 1, 0, 0, 0, 0});
  check([](const Tensor& x) { return std::get<0>(sort(x)).narrow(1, 3, 1); }, {0, 1, 0, 0, 0, 1, 0, 0, 0, 0});
  check([](const Tensor& x) { return max_pool2d(x.view({1, 1, 2, 5}), {1, 5}); }, {0, 0, 0, 1, 0, 1, 0, 0, 0, 0});
  check([](const Tensor& x) { return adaptive_max_pool2d(x.view({2, 1, 1, 5}), 1); }, {0, 0, 0, 1, 0, 1, 0, 0, 0, 0});
}

TEST_CASE("a ReLU within batch norm passes the gradient of a NaN on") {
  // Two channels; in the second one the first sample is NaN, and in training then all are.
  for (const Shape& shape : {Shape{6, 2}, Shape{6, 2, 67}, Shape{6, 2, 5, 5}}) {
    for (const DType dtype : {DType::f64, DType::f32}) {
      for (const bool channels_last : {false, true}) {
        if (channels_last && shape.size() != 4) continue;
        INFO(to_string(shape) << ", " << to_string(dtype) << std::string(channels_last ? ", channels-last" : ""));
        const Tensor values = full(shape, 1, {.dtype = dtype});
        values.narrow(0, 0, 3).fill_(-1);
        values.select(1, 1).select(0, 0).fill_(not_a_number);
        const auto gradients = [&](const Tensor& mean, const Tensor& var, bool training) {
          const Tensor x = (channels_last ? values.channels_last() : values).clone().requires_grad_();
          const Tensor w = full({2}, 3, x.options()).requires_grad_(), b = zeros({2}, x.options()).requires_grad_();
          const Tensor y = batch_norm_relu(x, mean, var, w, b, training, 0.1, 0);
          const Tensor ones = ones_like(y).requires_grad_();
          const Tensors grads = grad({y}, {x, w, b}, {.grad_outputs = {ones}, .create_graph = true});
          // The bias' gradient is the sum of what passes: the derivative of its second element says where.
          const Tensor passes = grad({grads[2]}, {ones}, {.grad_outputs = {tensor({0.0, 1.0}).to(dtype)}})[0];
          return Tensors{grads[0], grads[1], grads[2], passes.select(1, 1).sum()};
        };
        const double inner = static_cast<double>(values.numel()) / 12;
        const Tensors trained = gradients({}, {}, true);
        check_same(trained[2], {3 * inner, 6 * inner});
        check_same(trained[3], {6 * inner});
        CHECK(all(isnan(trained[0].select(1, 1))).item<bool>());
        CHECK_FALSE(any(isnan(trained[0].select(1, 0))).item<bool>());
        CHECK(std::isnan(trained[1].to_vector<double>()[1]));
        const Tensor zero = zeros({2}, {.dtype = dtype}), four = full({2}, 4, {.dtype = dtype});
        const Tensors evaluated = gradients(zero, four, false);
        check_same(evaluated[2], {3 * inner, 4 * inner});
        check_same(evaluated[3], {4 * inner});
        check_same(evaluated[0].select(1, 1).select(0, 0).reshape({-1}),
                   Values(static_cast<std::size_t>(inner), 1.5));  // 3 / sqrt(4)
        check_same(evaluated[0].select(1, 1).select(0, 1).reshape({-1}), Values(static_cast<std::size_t>(inner), 0));
      }
    }
  }
}

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
    y = grad({y}, {x}, {.grad_outputs = {ones_like(x)}, .create_graph = true})[0];
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

TEST_CASE("grid_sample at infinite positions has the same gradients from the kernel and recorded") {
  const Tensor image = leaf_of({1, 2, 3, 4}).detach().view({1, 1, 2, 2}).requires_grad_();
  const Tensor grid = leaf_of({infinity, 0}).detach().view({1, 1, 1, 2}).requires_grad_();
  const auto check = [&](GridSamplePadding padding, double value, const Values& by_image, const Values& by_grid) {
    const Tensor y = grid_sample(image, grid, {.padding_mode = padding});
    check_same(y, {value});
    for (const bool recorded : {false, true}) {
      const Tensors g = grad({y}, {image, grid}, {.retain_graph = true, .create_graph = recorded});
      check_same(g[0], by_image);
      check_same(g[1], by_grid);
    }
  };
  check(GridSamplePadding::zeros, 0, {0, 0, 0, 0}, {0, 0});
  check(GridSamplePadding::border, 3, {0, 0.5, 0, 0.5}, {0, 2});  // half-way between 2 and 4
}
