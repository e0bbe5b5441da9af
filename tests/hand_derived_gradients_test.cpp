// Gradients derived by hand and written out as loops over numbers equal the tape's.
//
// The derivations are those of X. Hu, lecture on multi-layer perceptrons and convolutional networks, Tsinghua
// University, 2017. For a layer y = f(x), delta is dE/dy; the layer passes on dE/dx.

#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <reel/autograd/engine.h>
#include <reel/autograd/tape/grad_mode.h>
#include <reel/ops/ops.h>

#include "support/op_samples.h"

using namespace reel;
using namespace reel::testing;

namespace {

using Numbers = std::vector<double>;

constexpr std::size_t kSamples = 3, kIn = 4, kOut = 2;

void check_close(const Tensor& found, const Numbers& expected) {
  const Numbers values = found.to_vector<double>();
  REQUIRE(values.size() == expected.size());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(values[i] == doctest::Approx(expected[i]).epsilon(1e-12));
}

/// dE/dx for an elementwise layer and a given delta.
template <class F> Tensor sensitivity(F&& layer, const Tensor& x, const Tensor& delta) {
  return grad({layer(x)}, {x}, {.grad_outputs = {delta}})[0];
}

/// delta times the derivative at each x.
template <class F> Numbers chained(const Tensor& x, const Tensor& delta, F&& derivative) {
  Numbers result = delta.to_vector<double>();
  const Numbers values = x.to_vector<double>();
  for (std::size_t i = 0; i < result.size(); ++i) result[i] *= derivative(values[i]);
  return result;
}

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("by hand: a fully connected layer passes on W^T delta; dE/dW = delta x^T, dE/db = delta") {
  const Tensor x = leaf({kSamples, kIn}, -1, 1, 1), w = leaf({kOut, kIn}, -1, 1, 2), b = leaf({kOut}, -1, 1, 3);
  const Tensor delta = uniform({kSamples, kOut}, -1, 1, 4);
  const Tensors grads = grad({linear(x, w, b)}, {x, w, b}, {.grad_outputs = {delta}});

  const Numbers xs = x.to_vector<double>(), ws = w.to_vector<double>(), d = delta.to_vector<double>();
  Numbers dx(kSamples * kIn), dw(kOut * kIn), db(kOut);
  for (std::size_t n = 0; n < kSamples; ++n) {
    for (std::size_t k = 0; k < kOut; ++k) {
      const double sample_delta = d[n * kOut + k];
      db[k] += sample_delta;
      for (std::size_t i = 0; i < kIn; ++i) {
        dx[n * kIn + i] += ws[k * kIn + i] * sample_delta;
        dw[k * kIn + i] += sample_delta * xs[n * kIn + i];
      }
    }
  }
  check_close(grads[0], dx);
  check_close(grads[1], dw);
  check_close(grads[2], db);
}

TEST_CASE("by hand: the sigmoid passes on delta y (1 - y), tanh delta (1 - y^2), ReLU delta where x > 0") {
  const Tensor x = leaf({kSamples, kIn}, -2, 2, 1), delta = uniform({kSamples, kIn}, -1, 1, 2);
  check_close(sensitivity([](const Tensor& t) { return sigmoid(t); }, x, delta),
              chained(x, delta, [](double v) { return sigma(v) * (1 - sigma(v)); }));
  check_close(sensitivity([](const Tensor& t) { return reel::tanh(t); }, x, delta),
              chained(x, delta, [](double v) { return 1 - std::tanh(v) * std::tanh(v); }));
  check_close(sensitivity([](const Tensor& t) { return relu(t); }, x, delta),
              chained(x, delta, [](double v) { return v > 0 ? 1.0 : 0.0; }));
}

TEST_CASE("by hand: the Euclidean loss 1/(2N) sum |y - t|^2 starts with (y - t) / N") {
  const Tensor y = leaf({kSamples, kOut}, -1, 1, 1), t = uniform({kSamples, kOut}, -1, 1, 2);
  const Tensor loss = euclidean_loss(y, t);
  const Numbers ys = y.to_vector<double>(), ts = t.to_vector<double>();
  double value = 0;
  Numbers dy;
  for (std::size_t i = 0; i < ys.size(); ++i) {
    value += (ys[i] - ts[i]) * (ys[i] - ts[i]) / (2 * kSamples);
    dy.push_back((ys[i] - ts[i]) / kSamples);
  }
  CHECK(loss.item() == doctest::Approx(value));
  check_close(grad({loss}, {y})[0], dy);
}

TEST_CASE("by hand: softmax with cross-entropy starts with (h - t) / N") {
  const Tensor a = leaf({kSamples, kIn}, -2, 2, 1);
  const std::vector<std::int64_t> labels{2, 0, 3};
  const Tensor loss = cross_entropy(a, tensor(labels));
  const Numbers logits = a.to_vector<double>();
  double value = 0;
  Numbers da;
  for (std::size_t n = 0; n < kSamples; ++n) {
    double total = 0;
    for (std::size_t k = 0; k < kIn; ++k) total += std::exp(logits[n * kIn + k]);
    for (std::size_t k = 0; k < kIn; ++k) {
      const double h = std::exp(logits[n * kIn + k]) / total, target = k == static_cast<std::size_t>(labels[n]);
      da.push_back((h - target) / kSamples);
      if (target == 1) value -= std::log(h) / kSamples;
    }
  }
  CHECK(loss.item() == doctest::Approx(value));
  check_close(grad({loss}, {a})[0], da);
}

TEST_CASE("by hand: the sensitivities of two layers chain") {
  // x -> W1 -> sigmoid -> W2 -> Euclidean loss, by hand from the back.
  const Tensor x = uniform({kSamples, kIn}, -1, 1, 1), t = uniform({kSamples, kOut}, -1, 1, 2);
  const Tensor w1 = leaf({3, kIn}, -1, 1, 3), w2 = leaf({kOut, 3}, -1, 1, 4);
  const Tensor h = sigmoid(linear(x, w1)), y = linear(h, w2);
  euclidean_loss(y, t).backward();
  const NoGradGuard guard;
  const Tensor delta2 = (y - t) / kSamples;
  const Tensor delta1 = matmul(delta2, w2) * h * (1 - h);
  check_close(w2.grad(), matmul(delta2.t(), h).to_vector<double>());
  check_close(w1.grad(), matmul(delta1.t(), x).to_vector<double>());
}
