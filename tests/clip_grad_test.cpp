// Clipping gradients by their norm and by value.

#include <cmath>
#include <functional>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/optim/clip_grad.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {}  // namespace

TEST_CASE("clip_grad_norm_ scales all gradients by one factor") {
  const Tensor a = zeros({2}, {.requires_grad = true}), b = zeros({1}, {.requires_grad = true}),
               none = zeros({2}, {.requires_grad = true});
  const auto give = [&] {
    a.set_grad(tensor({3.0, 4.0}));
    b.set_grad(tensor({-12.0}));
  };
  give();
  CHECK(optim::clip_grad_norm_({a, none, b}, 20) == doctest::Approx(13));
  CHECK(a.grad().to_vector<float>() == std::vector<float>{3, 4});
  CHECK(optim::clip_grad_norm_({a, none, b}, 6.5) == doctest::Approx(13));
  CHECK(a.grad()[0].item() == doctest::Approx(1.5));
  CHECK(b.grad()[0].item() == doctest::Approx(-6));
  give();
  CHECK(optim::clip_grad_norm_({a, b}, 6, INFINITY) == doctest::Approx(12));
  CHECK(a.grad()[1].item() == doctest::Approx(2));
  give();
  CHECK(optim::clip_grad_norm_({a, b}, 100, 1) == doctest::Approx(19));
  a.set_grad(tensor({3.0, INFINITY}));
  CHECK(message_of<ValueError>([&] {
          optim::clip_grad_norm_({a, b}, 1, 2, true);
        }) == "clip_grad_norm_: expected a finite norm of the gradients, got inf");
  CHECK(b.grad()[0].item() == -12);
  // A limit of infinity, with which one asks for the norm alone, changes nothing: not by inf / inf either.
  CHECK(optim::clip_grad_norm_({a, b}, INFINITY) == INFINITY);
  CHECK(a.grad()[0].item() == 3);
  CHECK(message_of<ValueError>([&] { optim::clip_grad_norm_({a}, -1); }) ==
        "clip_grad_norm_: expected max_norm in [0, inf], got -1");
  CHECK(optim::clip_grad_norm_({none}, 1) == 0);
}

TEST_CASE("clip_grad_norm_ with gradients whose powers are out of range") {
  const auto check = [](double scale, double norm_type, DType dtype) {
    INFO("scale " << scale << ", norm type " << norm_type << ", " << to_string(dtype));
    const Tensor a = zeros({2}, {.dtype = dtype, .requires_grad = true}),
                 b = zeros({1}, {.dtype = dtype, .requires_grad = true});
    a.set_grad((tensor({3.0, 4.0}, {.dtype = DType::f64}) * scale).to(dtype));
    b.set_grad((tensor({-12.0}, {.dtype = DType::f64}) * scale).to(dtype));
    const double norm = std::pow(std::pow(3 / 12.0, norm_type) + std::pow(4 / 12.0, norm_type) + 1, 1 / norm_type) * 12;
    CHECK(optim::clip_grad_norm_({a, b}, 1, norm_type) == doctest::Approx(norm * scale));
    const double factor = scale > 1 ? 1 / norm : scale;  // small gradients are left alone
    CHECK(a.grad()[1].item() == doctest::Approx(4 * factor));
    CHECK(b.grad()[0].item() == doctest::Approx(-12 * factor));
  };
  for (const double norm_type : {2.0, 3.0, 100.0, 1.0}) {
    for (const double scale : {1e20, 1e-25, 2e37}) check(scale, norm_type, DType::f32);
    for (const double scale : {1e200, 1e-200}) check(scale, norm_type, DType::f64);
  }
  const Tensor many = zeros({100}, {.requires_grad = true});  // whose norm f32 cannot hold
  many.set_grad(full({100}, 1e38));
  CHECK(optim::clip_grad_norm_({many}, 1) == doctest::Approx(1e39));
  CHECK(many.grad()[7].item() == doctest::Approx(0.1));
}

TEST_CASE("clip_grad_value_ limits every element") {
  const Tensor a = zeros({3}, {.requires_grad = true});
  a.set_grad(tensor({3.0, -0.5, -4.0}));
  optim::clip_grad_value_({a}, 1);
  CHECK(a.grad().to_vector<float>() == std::vector<float>{1, -0.5, -1});
  CHECK(message_of<ValueError>([&] { optim::clip_grad_value_({a}, -1); }) ==
        "clip_grad_value_: expected clip_value in [0, inf], got -1");
}
