// Parameters that are half floats: their state and their steps are f32, with or without a master copy.

#include <cmath>

#include <doctest/doctest.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>
#include <reel/optim/optim.h>

#include "support/throws.h"

using namespace reel;
using testing::message_of;

namespace {

using Doubles = std::vector<double>;

Tensor half_parameter(DType dtype) { return tensor(Doubles{1, -2, 0.25, 3}).to(dtype).requires_grad_(); }

/// The gradient of step t: the same numbers whatever the parameter's dtype.
Tensor gradient(int t, DType dtype) { return cos(arange(4, DType::f64) + t).to(dtype); }

Doubles values(const Tensor& x) { return x.to_vector<double>(); }

}  // namespace

TEST_CASE("a step of half floats is the step of their f32 values, rounded") {
  for (const DType dtype : {DType::f16, DType::bf16}) {
    CAPTURE(to_string(dtype));
    const Tensor p = half_parameter(dtype);
    optim::Adam adam({p}, 0.125);
    for (int t = 0; t < 5; ++t) {
      // One step in f32 from the present values and state.
      const Tensor wide = p.detach().to(DType::f32).requires_grad_();
      optim::Adam expected({wide}, 0.125);
      if (t > 0) expected.load_state_dict(adam.state_dict());
      p.set_grad(gradient(t, dtype));
      wide.set_grad(gradient(t, dtype).to(DType::f32));
      adam.step();
      expected.step();
      CHECK(values(p) == values(wide.detach().to(dtype)));
      CHECK(adam.state_dict().at("state.0.exp_avg").dtype() == DType::f32);
      CHECK(values(adam.state_dict().at("state.0.exp_avg_sq")) ==
            values(expected.state_dict().at("state.0.exp_avg_sq")));
    }
  }
}

TEST_CASE("small changes add up in a master copy, and are lost without") {
  for (const bool master : {false, true}) {
    const Tensor p = ones({3}, DType::bf16).requires_grad_();
    optim::SGD sgd({p}, 0x1p-12);
    sgd.keep_master_weights(master);
    for (int t = 0; t < 64; ++t) {
      p.set_grad(ones({3}, DType::bf16));
      sgd.step();
    }
    CHECK(values(p) == (master ? Doubles(3, 1 - 64 * 0x1p-12) : Doubles(3, 1)));
  }
}

TEST_CASE("a master copy is saved, loaded and made anew when the parameter changes") {
  const Tensor p = ones({3}, DType::bf16).requires_grad_(), q = ones({3}, DType::bf16).requires_grad_();
  optim::SGD first({p}, 0x1p-12), second({q}, 0x1p-12);
  const auto steps = [](optim::SGD& sgd, const Tensor& param, int n) {
    sgd.keep_master_weights();
    for (int t = 0; t < n; ++t) {
      param.set_grad(ones({3}, DType::bf16));
      sgd.step();
    }
  };
  steps(first, p, 7);
  CHECK(values(first.state_dict().at("state.0.master")) == Doubles(3, 1 - 7 * 0x1p-12));
  second.load_state_dict(first.state_dict());
  steps(first, p, 9);
  steps(second, q, 9);
  CHECK(values(q) == values(p));
  CHECK(values(second.state_dict().at("state.0.master")) == Doubles(3, 1 - 16 * 0x1p-12));
  {
    const NoGradGuard no_grad;
    p.fill_(4);
  }
  steps(first, p, 1);
  CHECK(values(first.state_dict().at("state.0.master")) == Doubles(3, 4 - 0x1p-12));
}

TEST_CASE("averages of half floats are f32") {
  const Tensor p = ones({2}, DType::bf16).requires_grad_();
  optim::ParameterAverage mean({p});
  mean.update();
  {
    const NoGradGuard no_grad;
    p.fill_(1 + 0x1p-7);
  }
  mean.update();
  CHECK(values(mean.averages()[0]) == Doubles(2, 1 + 0x1p-8));
  for (int evaluations = 0; evaluations < 2; ++evaluations) {
    mean.swap();
    CHECK(p.dtype() == DType::bf16);
    CHECK(values(p) == Doubles(2, 1));  // 1 + 2^-8, rounded to even
    mean.swap();
    CHECK(values(p) == Doubles(2, 1 + 0x1p-7));
    CHECK(values(mean.averages()[0]) == Doubles(2, 1 + 0x1p-8));
  }
}

TEST_CASE("norms of half gradients are computed in f32") {
  const Tensor p = zeros({4}, DType::f16).requires_grad_();
  p.set_grad(full({4}, 60000, {.dtype = DType::f16}));
  CHECK(optim::clip_grad_norm_({p}, 1e9) == doctest::Approx(120000));
  CHECK(message_of<DTypeError>([&] { optim::LBFGS({p}); }) == "LBFGS: expected parameters of dtype f32, f64, got f16");
}
