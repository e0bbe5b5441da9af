// Muon and Adafactor, which treat weights as matrices, against their formulas in plain arithmetic.

#include <algorithm>
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

/// A matrix of plain numbers.
struct Matrix {
  std::size_t rows, columns;
  Doubles values = Doubles(rows * columns);

  double& at(std::size_t r, std::size_t c) { return values[r * columns + c]; }
  double at(std::size_t r, std::size_t c) const { return values[r * columns + c]; }
};

Matrix matrix_of(const Tensor& x) {
  return {static_cast<std::size_t>(x.size(0)), static_cast<std::size_t>(x.size(1)), x.to_vector<double>()};
}

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{a.rows, b.columns};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < b.columns; ++j)
      for (std::size_t k = 0; k < a.columns; ++k) c.at(i, j) += a.at(i, k) * b.at(k, j);
  return c;
}

Matrix transposed(const Matrix& a) {
  Matrix t{a.columns, a.rows};
  for (std::size_t i = 0; i < a.rows; ++i)
    for (std::size_t j = 0; j < a.columns; ++j) t.at(j, i) = a.at(i, j);
  return t;
}

double rms(const Doubles& x) {
  double sum = 0;
  for (const double v : x) sum += v * v;
  return std::sqrt(sum / static_cast<double>(x.size()));
}

Tensor parameter(const Shape& shape) {
  const Tensor x = sin(arange(numel(shape), DType::f64) * 0.7 + 1);
  return x.view(shape).detach().requires_grad_();
}
Tensor gradient(const Tensor& theta, int t) {
  return (0.7 * theta.detach() + cos(1.3 * t + arange(theta.numel(), DType::f64)).view(theta.shape())).detach();
}

/// Five iterations of x <- a x + (b + c x x^T) x x^T x, always with as many columns as rows or fewer.
Matrix newton_schulz(Matrix x, int steps) {
  const double scale = rms(x.values) * std::sqrt(static_cast<double>(x.values.size()));
  for (double& v : x.values) v /= scale;
  for (int n = 0; n < steps; ++n) {
    const Matrix s = product(x, transposed(x)), sx = product(s, x), ssx = product(s, sx);
    for (std::size_t i = 0; i < x.values.size(); ++i)
      x.values[i] = 3.4445 * x.values[i] - 4.775 * sx.values[i] + 2.0315 * ssx.values[i];
  }
  return x;
}

}  // namespace

TEST_CASE("Muon follows its formula for wide, square and tall weights") {
  for (const Shape& shape : {Shape{2, 5}, Shape{3, 3}, Shape{6, 2}}) {
    for (const bool nesterov : {true, false}) {
      for (const bool as_adamw : {false, true}) {
        CAPTURE(shape);
        CAPTURE(nesterov);
        const Tensor p = parameter(shape);
        optim::Muon muon({p}, {.lr = 0.1,
                               .weight_decay = 0.2,
                               .momentum = 0.8,
                               .nesterov = nesterov,
                               .ns_steps = 4,
                               .match_rms_adamw = as_adamw});
        Doubles theta = p.to_vector<double>(), mean(theta.size());
        const double m = static_cast<double>(shape[0]), n = static_cast<double>(shape[1]);
        const double scale = as_adamw ? 0.2 * std::sqrt(std::max(m, n)) : std::sqrt(std::max(1.0, m / n));
        for (int t = 1; t <= 4; ++t) {
          const Tensor g = gradient(p, t);
          p.set_grad(g);
          muon.step();
          Matrix step = matrix_of(g);
          for (std::size_t i = 0; i < theta.size(); ++i) {
            mean[i] = 0.8 * mean[i] + 0.2 * step.values[i];
            step.values[i] = nesterov ? 0.2 * step.values[i] + 0.8 * mean[i] : mean[i];
          }
          step = newton_schulz(step, 4);
          for (std::size_t i = 0; i < theta.size(); ++i)
            theta[i] = theta[i] * (1 - 0.1 * 0.2) - 0.1 * scale * step.values[i];
          CHECK(allclose(p.detach(), tensor(theta).view(shape), 1e-9, 1e-9));
        }
      }
    }
  }
}

TEST_CASE("Muon's steps have singular values near 1, whatever the gradient's are") {
  const Tensor p = zeros({3, 4}, DType::f64).requires_grad_();
  optim::Muon muon({p}, {.lr = 1, .weight_decay = 0});
  const Tensor g = randn({3, 4}, DType::f64);
  p.set_grad(g * tensor(Doubles{10, 1, 0.3}).view({3, 1}));
  muon.step();
  const Tensor gram = matmul(p.detach(), p.detach().t());
  CHECK(allclose(gram.diagonal(), ones({3}, DType::f64), 0, 0.6));
}

TEST_CASE("Muon refuses what is no matrix") {
  CHECK(message_of<ShapeError>([] { optim::Muon({zeros({3})}); }) ==
        "Muon: expected parameters that are matrices, got shape [3]; give others to AdamW");
}

TEST_CASE("Adafactor follows its formula, for matrices through rows and columns") {
  const Tensor p = parameter({3, 4}), bias = parameter({5});
  optim::Adafactor adafactor({p, bias}, {.lr = 0.3, .beta2_decay = -0.7, .eps1 = 1e-4, .d = 0.8, .weight_decay = 0.1});
  Matrix theta = matrix_of(p.detach());
  Doubles small = bias.to_vector<double>(), rows(3), columns(4), variance(5);
  for (int t = 1; t <= 6; ++t) {
    const Matrix g = matrix_of(gradient(p, t));
    const Doubles h = gradient(bias, t).to_vector<double>();
    p.set_grad(gradient(p, t));
    bias.set_grad(gradient(bias, t));
    adafactor.step();
    const double taken = std::pow(t, -0.7), rate = std::min(0.3, 1 / std::sqrt(t));
    const auto update = [&](Doubles& values, const Doubles& grad, const auto& mean_of) {
      const double alpha = std::max(1e-3, rms(values)) * rate;
      Doubles u(values.size());
      for (std::size_t i = 0; i < u.size(); ++i) u[i] = grad[i] / std::sqrt(std::max(mean_of(i), 1e-8));
      const double least = std::max(1.0, rms(u) / 0.8);
      for (std::size_t i = 0; i < u.size(); ++i) values[i] = values[i] * (1 - 0.3 * 0.1) - alpha / least * u[i];
    };
    for (double& r : rows) r *= 1 - taken;
    for (double& c : columns) c *= 1 - taken;
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 4; ++j) {
        rows[i] += taken * g.at(i, j) * g.at(i, j) / 4;
        columns[j] += taken * g.at(i, j) * g.at(i, j) / 3;
      }
    }
    const double mean_row = (rows[0] + rows[1] + rows[2]) / 3;
    update(theta.values, g.values, [&](std::size_t i) { return rows[i / 4] * columns[i % 4] / mean_row; });
    for (std::size_t i = 0; i < 5; ++i) variance[i] = (1 - taken) * variance[i] + taken * h[i] * h[i];
    update(small, h, [&](std::size_t i) { return variance[i]; });
    CHECK(allclose(p.detach(), tensor(theta.values).view({3, 4}), 1e-9, 1e-9));
    CHECK(allclose(bias.detach(), tensor(small), 1e-9, 1e-9));
  }
  const optim::StateDict state = adafactor.state_dict();
  CHECK(state.at("state.0.row_var").shape() == Shape{3, 1});
  CHECK(state.at("state.0.col_var").shape() == Shape{1, 4});
  CHECK(!state.contains("state.0.variance"));
  CHECK(state.at("state.1.variance").shape() == Shape{5});
}

TEST_CASE("saved and loaded, Muon and Adafactor go on to the bit, also after a move to another dtype") {
  const auto check = [](auto make) {
    const Tensor p = parameter({3, 4}), q = parameter({3, 4});
    const auto first = make(p), second = make(q);
    const auto step = [](optim::Optimizer& o, const Tensor& param, int t) {
      param.set_grad(gradient(param, t));
      o.step();
    };
    for (int t = 1; t <= 3; ++t) step(*first, p, t);
    {
      const NoGradGuard no_grad;
      q.copy_(p);
    }
    second->load_state_dict(first->state_dict());
    for (int t = 4; t <= 6; ++t) step(*first, p, t), step(*second, q, t);
    CHECK(p.to_vector<double>() == q.to_vector<double>());
    for (const Tensor& param : {p, q}) {
      param.set_grad({});
      param.set_data(param.detach().to(DType::f32));
    }
    second->load_state_dict(first->state_dict());
    for (int t = 7; t <= 8; ++t) {
      for (const auto& [o, param] : {std::pair(first.get(), p), std::pair(second.get(), q)}) {
        param.set_grad(gradient(param.detach().to(DType::f64), t).to(DType::f32));
        o->step();
      }
    }
    CHECK(p.to_vector<float>() == q.to_vector<float>());
  };
  check([](const Tensor& p) { return std::make_unique<optim::Muon>(Tensors{p}, 0.1); });
  check([](const Tensor& p) { return std::make_unique<optim::Adafactor>(Tensors{p}, 0.1); });
}

TEST_CASE("a state of another shape is refused by Adafactor") {
  const Tensor p = parameter({3, 4});
  optim::Adafactor adafactor({p});
  p.set_grad(gradient(p, 1));
  adafactor.step();
  optim::StateDict state = adafactor.state_dict();
  state["state.0.row_var"] = ones({3, 4}, DType::f64);
  CHECK(message_of<ShapeError>([&] { adafactor.load_state_dict(state); }) ==
        "Adafactor: expected \"state.0.row_var\" of shape [3, 1], got [3, 4]");
}
