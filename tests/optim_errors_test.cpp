// What optimizers say about options and parameters that make no sense.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

TEST_CASE("optimizers name themselves and the option in errors") {
  using namespace optim;
  const Tensor p = ones({4}, {.dtype = DType::f64, .requires_grad = true});
  CHECK(message_of<ValueError>([&] { SGD({p}, {.lr = -1}); }) == "SGD: lr must be at least 0, got -1");
  CHECK(message_of<ValueError>([&] { SGD({p}, {.lr = NAN}); }) == "SGD: lr must be at least 0, got nan");
  CHECK(message_of<ValueError>([&] { SGD({p}, {.nesterov = true}); }) ==
        "SGD: momentum must be positive for nesterov, got 0");
  CHECK(message_of<ValueError>([&] { Adam({p}, {.betas = {0.9, 1}}); }) == "Adam: betas[1] must be in [0, 1), got 1");
  CHECK(message_of<ValueError>([&] { AdamW({p}, {.eps = -1}); }) == "AdamW: eps must be at least 0, got -1");
  CHECK(message_of<ValueError>([&] { RMSprop({p}, {.alpha = 2}); }) == "RMSprop: alpha must be in [0, 1], got 2");
  CHECK(message_of<ValueError>([&] { Adagrad({p}, {.lr_decay = -1}); }) ==
        "Adagrad: lr_decay must be at least 0, got -1");
  CHECK(message_of<ValueError>([&] { SGD(Tensors{}, {}); }) == "SGD: no parameters were given");
  CHECK(message_of<ValueError>([&] { SGD({p, p}, {}); }) == "SGD: parameter 1 of shape [4] is given twice");
  CHECK(message_of<ValueError>([&] { SGD({p, Tensor()}, {}); }) == "SGD: parameter 1 is an undefined tensor");
  CHECK(message_of<DTypeError>([&] {
          SGD({tensor({1, 2})}, {});
        }) == "SGD: parameter 0 has dtype i64, expected f32, f64");
  CHECK(message_of<ValueError>([&] { SGD({p * 2}, {}); }) == "SGD: parameter 0 of shape [4] is no leaf of the tape");

  SGD sgd({p}, {.lr = 0.1});
  p.set_grad(full({4}, 0.5, {.dtype = DType::f64}));
  const std::vector<double> before = p.to_vector<double>();
  sgd.options().momentum = -1;
  CHECK(message_of<ValueError>([&] { sgd.step(); }) == "SGD: momentum must be at least 0, got -1");
  CHECK(p.to_vector<double>() == before);
}
