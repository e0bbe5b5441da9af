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
  CHECK(message_of<ValueError>([&] { SGD({p}, {.lr = -1}); }) == "SGD: expected lr in [0, inf), got -1");
  CHECK(message_of<ValueError>([&] { SGD({p}, {.lr = NAN}); }) == "SGD: expected lr in [0, inf), got nan");
  CHECK(message_of<ValueError>([&] { SGD({p}, {.nesterov = true}); }) ==
        "SGD: expected momentum above 0 for nesterov, got 0");
  CHECK(message_of<ValueError>([&] { Adam({p}, {.betas = {0.9, 1}}); }) == "Adam: expected betas[1] in [0, 1), got 1");
  CHECK(message_of<ValueError>([&] { AdamW({p}, {.eps = -1}); }) == "AdamW: expected eps in [0, inf), got -1");
  CHECK(message_of<ValueError>([&] { RMSprop({p}, {.alpha = 2}); }) == "RMSprop: expected alpha in [0, 1], got 2");
  CHECK(message_of<ValueError>([&] { Adagrad({p}, {.lr_decay = -1}); }) ==
        "Adagrad: expected lr_decay in [0, inf), got -1");
  CHECK(message_of<ValueError>([&] { SGD(Tensors{}, {}); }) ==
        "SGD: expected at least one parameter, got none; did the module call register_module?");
  CHECK(message_of<ValueError>([&] {
          SGD({p, p}, {});
        }) == "SGD: expected each parameter once, got parameter 1 of shape [4] twice");
  CHECK(message_of<ValueError>([&] {
          SGD({p, Tensor()}, {});
        }) == "SGD: expected parameter 1 to be a tensor, got an undefined one");
  CHECK(message_of<DTypeError>([&] {
          SGD({tensor({1, 2})}, {});
        }) == "SGD: expected parameter 0 of dtype f32, f64, f16, bf16, got i64");
  CHECK(message_of<ValueError>([&] { SGD({p * 2}, {}); }) ==
        "SGD: expected parameter 0 to be a leaf of the tape, got a result of shape [4]");

  SGD sgd({p}, {.lr = 0.1});
  p.set_grad(full({4}, 0.5, {.dtype = DType::f64}));
  const std::vector<double> before = p.to_vector<double>();
  sgd.options().momentum = -1;
  CHECK(message_of<ValueError>([&] { sgd.step(); }) == "SGD: expected momentum in [0, inf), got -1");
  CHECK(p.to_vector<double>() == before);
}
