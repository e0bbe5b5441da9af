// The tape: gradients, graphs that are used twice, derivatives of higher order, in-place changes, users' own ops.

#include <cmath>
#include <string>

#include <doctest/doctest.h>
#include <reel/autograd/anomaly.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/gradcheck.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/tensor/core/error.h>

#include "support/leaks.h"
#include "support/throws.h"
#include "support/user_ops.h"

using namespace reel;
using namespace reel::testing;

namespace {

Tensor leaf64(const TensorLiteral& values) { return tensor(values, {.dtype = DType::f64, .requires_grad = true}); }

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("backward fills the leaves, adds up, and leaves non-leaves alone") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0, 3.0}), w = leaf64({4.0, 5.0, 6.0});
  const Tensor constant = tensor({1.0, 1.0, 2.0}, {.dtype = DType::f64});
  CHECK(x.is_leaf());
  CHECK_FALSE(x.grad().defined());
  const Tensor y = x * w;
  CHECK_FALSE(y.is_leaf());
  CHECK(y.requires_grad());
  CHECK_FALSE(constant.requires_grad());
  sum(y * constant).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{4, 5, 12});
  CHECK(w.grad().to_vector<double>() == std::vector<double>{1, 2, 6});
  CHECK_FALSE(y.grad().defined());
  CHECK_FALSE(constant.grad().defined());

  sum(x * x).backward();  // adds
  CHECK(x.grad().to_vector<double>() == std::vector<double>{6, 9, 18});
  x.set_grad({});
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a tensor used several times gets the sum, also of its own views") {
  const Tensor x = leaf64({1.0, 2.0, 3.0});
  const Tensor y = x + x * x + x[1] * x;
  y.backward(ones_like(y));
  // d/dx_i: 1 + 2 x_i + x_1, and for i = 1 also the sum of x.
  CHECK(x.grad().to_vector<double>() == std::vector<double>{1 + 2 + 2, 1 + 4 + 2 + 6, 1 + 6 + 2});
}

TEST_CASE("a leaf can be an output, and an output an input") {
  const Tensor x = leaf64(3.0);
  x.backward();
  CHECK(x.grad().item() == 1);
  const Tensor y = x * x;
  const Tensors g = grad({y, x}, {y, x});
  CHECK(g[0].item() == 1);
  CHECK(g[1].item() == 7);
}

TEST_CASE("backward needs a gradient for more than one element, and something recorded") {
  const Tensor x = leaf64({1.0, 2.0});
  CHECK(contains(message_of<AutogradError>([&] { (x * x).backward(); }),
                 "backward: expected an output of one element, got shape [2]; sum() it first"));
  CHECK(contains(message_of<AutogradError>([&] { ones({1}).backward(); }),
                 "got one of shape [1] that does not; was it made under NoGradGuard"));
  CHECK(contains(message_of<AutogradError>([&] { (x * x).backward(ones({3}, {.dtype = DType::f64})); }), "[3]"));
  CHECK(contains(message_of<AutogradError>([&] { (x * x).backward(ones({2})); }), "f32"));
  CHECK(contains(message_of<ValueError>([&] { Tensor().backward(); }), "backward: expected an output to be a tensor"));
  CHECK_THROWS_AS(backward({}), ValueError);
  CHECK_THROWS_AS(backward({x * x, x * x}, {ones_like(x)}), ValueError);
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("a second backward through a freed graph says so; retain_graph keeps it") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0});
  const Tensor y = sum(x * x);
  y.backward({}, true);
  y.backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{4, 8});
  const std::string message = message_of<AutogradError>([&] { y.backward(); });
  CHECK(contains(message, "mul: expected one backward through the graph, got a second"));
  CHECK(contains(message, "retain_graph"));
  CHECK(x.grad().to_vector<double>() == std::vector<double>{4, 8});
}

TEST_CASE("grad gives gradients of leaves and non-leaves and touches no .grad") {
  const Tensor x = leaf64(2.0), unused = leaf64(1.0);
  const Tensor y = x * x, z = y * y;
  const Tensors g = grad({z}, {x, y}, {.retain_graph = true});
  CHECK(g[0].item() == 32);
  CHECK(g[1].item() == 8);
  CHECK_FALSE(x.grad().defined());
  CHECK(contains(message_of<AutogradError>([&] {
                   grad({z}, {x, unused}, {.retain_graph = true});
                 }),
                 "got input 1 of shape"));
  CHECK_FALSE(grad({z}, {unused, x}, {.retain_graph = true, .allow_unused = true})[0].defined());
  CHECK(contains(message_of<AutogradError>([&] { grad({z}, {ones({1})}); }),
                 "grad: expected inputs that require grad, got one of shape [1] that does not"));
  CHECK(grad({z}, {x}, {.grad_outputs = {tensor(0.5, {.dtype = DType::f64})}})[0].item() == 16);
}

TEST_CASE("formulas are asked for no gradient that leads to none of grad's inputs") {
  const Tensor a = leaf64({1.0, 2.0}), b = leaf64({3.0, 5.0}), constant = tensor({7.0, 8.0}, {.dtype = DType::f64});
  std::vector<bool> asked;
  const Tensor squares = b * b, y = sum(apply(Asked{&asked}, a, squares));
  using Wanted = std::vector<bool>;
  const auto wanted = [&](const Tensor& input) {
    grad({y}, {input}, {.retain_graph = true});
    return asked;
  };
  CHECK(wanted(a) == Wanted{true, false});
  CHECK(wanted(b) == Wanted{false, true});
  CHECK(wanted(squares) == Wanted{false, true});
  grad({y}, {a, b}, {.retain_graph = true});
  CHECK(asked == Wanted{true, true});
  asked.clear();
  grad({y}, {y}, {.retain_graph = true});
  CHECK(asked.empty());
  y.backward();
  CHECK(asked == Wanted{true, true});
  sum(apply(Asked{&asked}, a, constant)).backward();
  CHECK(asked == Wanted{true, false});
}

TEST_CASE("derivatives of the sigmoid to the third order") {
  const LeakCheck leaks;
  const Tensor x = leaf64({-1.5, 0.0, 0.4, 2.0});
  Tensor y = sigmoid(x);
  std::vector<std::vector<double>> derivatives;
  for (int order = 1; order <= 3; ++order) {
    y = grad({sum(y)}, {x}, {.create_graph = true})[0];
    derivatives.push_back(y.to_vector<double>());
  }
  const auto values = x.to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double s = 1 / (1 + std::exp(-values[i])), d = s * (1 - s);
    CHECK(derivatives[0][i] == doctest::Approx(d));
    CHECK(derivatives[1][i] == doctest::Approx(d * (1 - 2 * s)));
    CHECK(derivatives[2][i] == doctest::Approx(d * (1 - 6 * s + 6 * s * s)));
  }
}

TEST_CASE("a gradient penalty: backward through .grad itself, without a leak") {
  const LeakCheck leaks;
  const Tensor x = leaf64(3.0);
  const Tensor y = x * x * x;
  y.backward({}, false, true);
  const Tensor first = x.grad();
  CHECK(first.item() == 27);
  CHECK(first.requires_grad());
  x.set_grad({});
  (first * first).backward();  // d/dx (3x^2)^2 = 36 x^3
  CHECK(x.grad().item() == doctest::Approx(972));
}

TEST_CASE("a graph that hangs on its own leaf's .grad is released with the leaf") {
  const LeakCheck leaks;
  {
    const Tensor x = leaf64({1.0, 2.0});
    sum(exp(x * x)).backward({}, false, true);
    CHECK(x.grad().requires_grad());
  }
  {
    const Tensor x = leaf64({1.0, 2.0});
    const Tensor y = x * x;
    y.retain_grad();
    sum(y * y).backward({}, false, true);
    CHECK(y.grad().to_vector<double>() == std::vector<double>{2, 8});
  }
}

TEST_CASE("no_grad, nested, and the guards' restoration after an exception") {
  const Tensor x = leaf64(2.0);
  {
    const NoGradGuard outer;
    CHECK_FALSE((x * x).requires_grad());
    {
      const GradModeGuard inner(true);
      CHECK((x * x).requires_grad());
    }
    CHECK_FALSE((x * x).requires_grad());
  }
  CHECK((x * x).requires_grad());
  CHECK(no_grad([&] { return x * x; }).item() == 4);
  CHECK_THROWS(no_grad([&] { throw std::runtime_error("out"); }));
  CHECK(GradMode::enabled());
}

TEST_CASE("detach shares memory and leaves the tape; only leaves can be switched") {
  const Tensor x = leaf64({1.0, 2.0});
  const Tensor y = x * x, d = y.detach();
  CHECK_FALSE(d.requires_grad());
  CHECK(d.data() == y.data());
  CHECK(contains(message_of<AutogradError>([&] { y.requires_grad_(false); }),
                 "requires_grad_: expected a leaf, got a result of mul"));
  CHECK_NOTHROW(y.requires_grad_());
  CHECK_THROWS_AS(tensor({1, 2}).requires_grad_(), DTypeError);
  CHECK_THROWS_AS(Tensor().requires_grad_(), ValueError);
  x.requires_grad_(false);
  CHECK_FALSE((x * x).requires_grad());
}

TEST_CASE("an in-place change of a saved tensor is an error that names op, shape, versions and remedy") {
  const Tensor x = leaf64({1.0, 2.0});
  const Tensor factor = tensor({3.0, 4.0}, {.dtype = DType::f64});
  const Tensor y = sum(x * factor);
  factor.add_(1);
  const std::string message = message_of<AutogradError>([&] { y.backward(); });
  INFO(message);
  CHECK(contains(message, "mul: expected a tensor of shape [2] at version 0"));
  CHECK(contains(message, "changed in place since"));
  CHECK(contains(message, "as saved for backward, got version 1"));
  CHECK(contains(message, "change a clone instead"));
  CHECK_FALSE(x.grad().defined());

  // Through a view, and a saved output.
  const Tensor z = sigmoid(x);
  z.detach()[0].fill_(5);
  CHECK(contains(message_of<AutogradError>([&] { sum(z).backward(); }),
                 "sigmoid: expected a tensor of shape [2] at version"));
}

TEST_CASE("in-place changes of what requires grad need no_grad") {
  const Tensor x = leaf64({1.0, 2.0}), other = leaf64({1.0, 1.0});
  CHECK_THROWS_AS(x.add_(1), AutogradError);
  CHECK_THROWS_AS((x * x).mul_(2), AutogradError);
  CHECK_THROWS_AS(x[0].fill_(3), AutogradError);
  CHECK_THROWS_AS(zeros({2}, {.dtype = DType::f64}).add_(other), AutogradError);
  CHECK(x.to_vector<double>() == std::vector<double>{1, 2});
  CHECK(x.version() == 0);
  no_grad([&] { x.add_(other); });
  CHECK(x.to_vector<double>() == std::vector<double>{2, 3});
  CHECK(x.version() == 1);
}

TEST_CASE("a formula that throws leaves every .grad as it was") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), w = leaf64({3.0, 4.0});
  sum(x * w).backward();
  const Tensor y = x * w;
  y.retain_grad();
  const Tensor loss = sum(y) + sum(apply(Failing{}, x)) + sum(w);
  CHECK(contains(message_of<std::logic_error>([&] { loss.backward(); }), "no gradient today"));
  CHECK(x.grad().to_vector<double>() == std::vector<double>{3, 4});
  CHECK(w.grad().to_vector<double>() == std::vector<double>{1, 2});
  CHECK_FALSE(y.grad().defined());
  CHECK(GradMode::enabled());
}

TEST_CASE("users' ops: several outputs, any of which may be unused") {
  const LeakCheck leaks;
  const Tensor a = leaf64({1.0, 2.0}), b = leaf64({3.0, 5.0});
  const auto [s, p] = apply(SumAndProduct{}, a, b);
  sum(p).backward({}, true);
  CHECK(a.grad().to_vector<double>() == std::vector<double>{3, 5});
  a.set_grad({});
  sum(s).backward({}, true);
  CHECK(a.grad().to_vector<double>() == std::vector<double>{1, 1});
  a.set_grad({});
  sum(s * p).backward();  // (a + b) ab: 2ab + b^2
  CHECK(a.grad().to_vector<double>() == std::vector<double>{6 + 9, 20 + 25});
  const auto f = [](const Tensors& in) {
    const auto [sum_, product] = apply(SumAndProduct{}, in[0], in[1]);
    return Tensors{sum_, product, apply(Squared{}, in[0])};
  };
  CHECK(gradcheck(f, {a, b}));
  CHECK(gradgradcheck(f, {a, b}));
}

TEST_CASE("users' ops that break the protocol are told so") {
  const Tensor x = leaf64({1.0, 2.0});
  const auto lie = [&](Lying::About about) {
    return message_of<AutogradError>([&] { sum(apply(Lying{about}, x)).backward(); });
  };
  CHECK(lie(Lying::About::shape) == "test_lying: expected a gradient of shape [2], got [7]");
  CHECK(lie(Lying::About::dtype) == "test_lying: expected a gradient of dtype f64, got f32");
  CHECK(lie(Lying::About::count) == "test_lying: backward returned 2 gradients for 1 inputs");
  CHECK(contains(message_of<AutogradError>([&] { apply(Aliasing{}, x); }),
                 "test_aliasing: expected forward to return a new tensor"));
  CHECK(x.is_leaf());
  CHECK_FALSE(x.grad().defined());
}

TEST_CASE("gradcheck finds a wrong formula and says where") {
  const auto wrong = [](const Tensors& in) { return Tensors{in[0] * in[0].detach()}; };
  const Tensor x = leaf64({1.0, 2.0});
  const std::string message = message_of<AutogradError>([&] { gradcheck(wrong, {x}); });
  CHECK(contains(message, "element 0 of input 0 (shape [2])"));
  // Right to the first order, wrong to the second.
  const auto half = [](const Tensors& in) { return Tensors{apply(HalfRight{}, in[0])}; };
  CHECK(gradcheck(half, {x}));
  CHECK_THROWS_AS(gradgradcheck(half, {x}), AutogradError);
  CHECK_THROWS_AS(gradcheck(half, {x.detach()}), ValueError);
  CHECK_THROWS_AS(gradcheck(half, {ones({2}, {.requires_grad = true})}), DTypeError);
  CHECK(x.to_vector<double>() == std::vector<double>{1, 2});
}

TEST_CASE("set_data between forward and backward: the saved tensor keeps its contents") {
  const Tensor w = leaf64({2.0, 3.0}), x = tensor({5.0, 7.0}, {.dtype = DType::f64});
  const Tensor y = sum(w * w * x);
  w.set_data(zeros({2}, {.dtype = DType::f64}));
  x.set_data(zeros({2}, {.dtype = DType::f64}));
  y.backward();
  CHECK(w.grad().to_vector<double>() == std::vector<double>{20, 42});
  CHECK(w.to_vector<double>() == std::vector<double>{0, 0});
  CHECK_THROWS_AS(w.set_data(zeros({3}, {.dtype = DType::f64})), ShapeError);
  CHECK_THROWS_AS((w * w).set_data(zeros({2}, {.dtype = DType::f64})), AutogradError);
}

TEST_CASE("set_data to another dtype: old and new graphs add into one gradient of the new dtype") {
  const LeakCheck leaks;
  const Tensor w = leaf64({2.0, 3.0});
  sum(w).backward();
  const Tensor before = sum(w * w);
  w.set_data(tensor({10.0, 20.0}));
  CHECK(w.grad().dtype() == DType::f32);
  const Tensor after = sum(w * w);
  backward({before, after});
  CHECK(w.grad().dtype() == DType::f32);
  CHECK(w.grad().to_vector<double>() == std::vector<double>{1 + 4 + 20, 1 + 6 + 40});
}

TEST_CASE("gradients own dense memory of their own") {
  const Tensor x = leaf64({1.0, 2.0}), seed = tensor({1.0, 3.0}, {.dtype = DType::f64});
  sum(x).backward();  // an expanded scalar arrives
  x.grad().mul_(2);
  CHECK(x.grad().to_vector<double>() == std::vector<double>{2, 2});
  const Tensor y = leaf64({1.0, 2.0}), z = leaf64({0.0, 0.0});
  (y + z).backward(seed);  // one gradient reaches three owners
  y.grad().mul_(10);
  CHECK(seed.to_vector<double>() == std::vector<double>{1, 3});
  CHECK(z.grad().to_vector<double>() == std::vector<double>{1, 3});
}

TEST_CASE("gradients that can be differentiated own memory, too") {
  const LeakCheck leaks;
  const Tensor a = leaf64({1.0, 2.0}), b = leaf64({3.0, 4.0}), x = leaf64({1.0, 2.0});
  backward({sum(square(a + b)), square(sum(x))}, {}, {.create_graph = true});
  for (const Tensor& t : {a, b, x}) CHECK(t.grad().requires_grad());
  {
    const NoGradGuard guard;
    a.grad().mul_(0.5);
    x.grad().mul_(0.5);  // an expanded scalar's elements would share memory
  }
  CHECK(a.grad().to_vector<double>() == std::vector<double>{4, 6});
  CHECK(b.grad().to_vector<double>() == std::vector<double>{8, 12});
  CHECK(x.grad().to_vector<double>() == std::vector<double>{3, 3});
  for (const Tensor& t : {a, b, x}) t.set_grad({});

  const Tensor seed = ones({2}, {.dtype = DType::f64, .requires_grad = true});
  (x + 1).backward(seed);
  CHECK_FALSE(x.grad().requires_grad());
  x.grad().zero_();
  CHECK(seed.to_vector<double>() == std::vector<double>{1, 1});
}

TEST_CASE("half floats store gradients and add them up in f32") {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    const Tensor half = tensor({1.0, 2.0}).to(dtype).requires_grad_(), w = tensor({3.0, 4.0}).requires_grad_();
    const AnomalyGuard anomaly;
    for (int i = 0; i < 2; ++i) sum(half.to(DType::f32) * w + half.to(DType::f32)).backward();
    CHECK(half.grad().dtype() == dtype);
    CHECK(half.grad().to_vector<double>() == std::vector<double>{8, 10});
    CHECK(w.grad().to_vector<double>() == std::vector<double>{2, 4});
  }
}

TEST_CASE("a gradient whose elements share memory is replaced, not added to") {
  const Tensor x = leaf64({1.0, 2.0, 3.0});
  x.set_grad(ones({1}, {.dtype = DType::f64}).expand({3}));
  sum(x).backward();
  CHECK(x.grad().to_vector<double>() == std::vector<double>{2, 2, 2});
}

TEST_CASE("set_grad and retain_grad of a non-leaf go together and form no cycle") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), y = x * 2;
  y.set_grad(y * y);
  CHECK(y.grad().to_vector<double>() == std::vector<double>{4, 16});
  CHECK_FALSE(y.grad().requires_grad());
  y.retain_grad();
  y.retain_grad();
  sum(y * 3).backward();  // is added, as to a leaf's
  CHECK(y.grad().to_vector<double>() == std::vector<double>{7, 19});
}

TEST_CASE("a tensor cannot be its own gradient, nor the gradient's gradient: nobody would free them") {
  const LeakCheck leaks;
  const Tensor x = leaf64({1.0, 2.0}), y = leaf64({3.0, 4.0}), z = leaf64({5.0, 6.0}), product = x * y;
  const std::string expected = "set_grad: expected another tensor as the gradient, got the tensor itself";
  for (const Tensor& t : {x, product}) {
    CHECK(contains(message_of<AutogradError>([&] { t.set_grad(t); }), expected));
    CHECK_FALSE(t.grad().defined());
  }
  x.set_grad(y);
  y.set_grad(z);
  CHECK(contains(message_of<AutogradError>([&] { z.set_grad(x); }), expected));
  CHECK_FALSE(z.grad().defined());
  z.set_grad(x.clone());
  CHECK(x.grad().is_same(y));
}

TEST_CASE("gradgradcheck works inside no_grad, as gradcheck does") {
  const NoGradGuard guard;
  const TensorFunction cube = [](const Tensors& in) { return Tensors{in[0] * in[0] * in[0]}; };
  CHECK(gradcheck(cube, {leaf64({0.5, 1.5})}));
  CHECK(gradgradcheck(cube, {leaf64({0.5, 1.5})}));
}
