#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <reel/reel.h>

/// The lecture's modular programming: layers and losses with a forward and a backward function, written by hand without
/// the tape. Sensitivities are the derivatives of the loss by a layer's inputs or outputs, [N, features].
namespace by_hand {

using namespace reel;

/// A layer remembers in `forward` what `backward` needs.
struct Layer {
  virtual ~Layer() = default;
  /// The outputs for inputs x.
  virtual Tensor forward(const Tensor& x) = 0;
  /// From the sensitivities of the outputs those of the inputs; keeps the gradients of the parameters.
  virtual Tensor backward(const Tensor& delta) = 0;
  /// theta -= lr * gradient.
  virtual void descend(double) {}
};

/// y = x W^T + b with a weight [out, in].
struct FC : Layer {
  Tensor weight, bias, weight_grad, bias_grad, input;
  FC(Tensor w, Tensor b) : weight(std::move(w)), bias(std::move(b)) {}
  Tensor forward(const Tensor& x) override {
    input = x;
    return addmm(bias, x, weight.t());
  }
  Tensor backward(const Tensor& delta) override {
    weight_grad = matmul(delta.t(), input);
    bias_grad = delta.sum(0);
    return matmul(delta, weight);
  }
  void descend(double lr) override {
    weight.sub_(weight_grad, lr);
    bias.sub_(bias_grad, lr);
  }
};

/// f(u) = 1 / (1 + exp(-u)), f' = f (1 - f).
struct Sigmoid : Layer {
  Tensor output;
  Tensor forward(const Tensor& x) override { return output = 1 / (1 + exp(-x)); }
  Tensor backward(const Tensor& delta) override { return delta * output * (1 - output); }
};

/// f(u) = tanh(u), f' = 1 - f^2.
struct Tanh : Layer {
  Tensor output;
  Tensor forward(const Tensor& x) override { return output = tanh(x); }
  Tensor backward(const Tensor& delta) override { return delta * (1 - square(output)); }
};

/// f(u) = max(u, 0), f' = 1 where u > 0, else 0.
struct ReLU : Layer {
  Tensor positive;
  Tensor forward(const Tensor& x) override {
    positive = (x > 0).to(x.dtype());
    return x * positive;
  }
  Tensor backward(const Tensor& delta) override { return delta * positive; }
};

/// A loss, and its sensitivities by the outputs of the net.
struct Loss {
  double value;
  Tensor delta;
};

/// 1/(2N) sum |y - t|^2 with targets as unit vectors.
inline Loss euclidean_loss(const Tensor& y, const Tensor& labels) {
  const double n = static_cast<double>(y.size(0));
  const Tensor difference = y - one_hot(labels, y.size(1)).to(y.dtype());
  return {square(difference).sum().item() / (2 * n), difference / n};
}

/// -1/N sum log p(label), p = softmax(y). The derivative of both together is (p - t) / N.
inline Loss softmax_cross_entropy(const Tensor& y, const Tensor& labels) {
  const double n = static_cast<double>(y.size(0));
  const Tensor e = exp(y - amax(y, 1, true)), p = e / e.sum(1, true);
  const Tensor t = one_hot(labels, y.size(1)).to(y.dtype());
  return {-(t * log(p)).sum().item() / n, (p - t) / n};
}

/// Layers one after the other.
struct Net {
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<Tensor> deltas;  ///< After `backward`: the sensitivities of the outputs of each layer.

  Tensor forward(Tensor x) const {
    for (const auto& layer : layers) x = layer->forward(x);
    return x;
  }
  void backward(Tensor delta) {
    deltas.assign(layers.size(), {});
    for (std::size_t i = layers.size(); i-- > 0;) {
      deltas[i] = delta;
      delta = layers[i]->backward(delta);
    }
  }
  void descend(double lr) const {
    for (const auto& layer : layers) layer->descend(lr);
  }
};

}  // namespace by_hand
