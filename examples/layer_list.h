#pragma once

#include <cmath>

#include "by_hand_layers.h"

/// Networks from a list of layers, and how their gradients flow.
namespace layer_list {

using namespace reel;

/// "fc:SIZE", "sigmoid", "tanh" or "relu", first to last.
using Names = std::vector<std::string>;

/// One network in both forms, with shared weights: Gaussian with variance 1/n, or 2/n (He et al. 2015) before ReLU.
struct Net {
  nn::Sequential tape;
  by_hand::Net hand;

  Net(const Names& names, Device device) {
    std::int64_t in = 784;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& name = names[i];
      if (name.starts_with("fc:")) {
        nn::Linear fc(in, std::stoll(name.substr(3)));
        const bool before_relu = i + 1 < names.size() && names[i + 1] == "relu";
        const Tensor weight =
            nn::init::normal_(fc.weight, 0, std::sqrt((before_relu ? 2.0 : 1.0) / static_cast<double>(in)));
        nn::init::zeros_(fc.bias);
        in = fc.weight.size(0);
        fc.to(device);
        tape.push_back(fc);
        hand.layers.push_back(std::make_unique<by_hand::FC>(fc.weight.detach(), fc.bias.detach()));
      } else if (name == "sigmoid") {
        tape.push_back(nn::Sigmoid());
        hand.layers.push_back(std::make_unique<by_hand::Sigmoid>());
      } else if (name == "tanh") {
        tape.push_back(nn::Tanh());
        hand.layers.push_back(std::make_unique<by_hand::Tanh>());
      } else if (name == "relu") {
        tape.push_back(nn::ReLU());
        hand.layers.push_back(std::make_unique<by_hand::ReLU>());
      } else {
        throw ValueError("layers: expected fc:SIZE, sigmoid, tanh or relu, got " + name);
      }
    }
    if (in != 10) throw ValueError("layers: expected fc:10 as the last linear layer, for ten classes");
  }
};

/// The gradients of the linear layers, first to last, and the sensitivities of their outputs.
struct Flow {
  Tensors weight_grads, bias_grads, deltas;

  std::size_t size() const { return deltas.size(); }
  double norm(std::size_t layer) const { return std::sqrt(square(weight_grads[layer]).sum().item()); }
  /// The share of the sensitivities that are exactly zero.
  double zeros(std::size_t layer) const { return (deltas[layer] == 0).to(DType::f64).mean().item(); }
};

inline Tensor loss_on_tape(bool euclidean, const Tensor& y, const Tensor& labels) {
  return euclidean ? euclidean_loss(y, one_hot(labels, y.size(1)).to(y.dtype())) : cross_entropy(y, labels);
}

inline Flow flow_on_tape(const Net& net, bool euclidean, Tensor x, const Tensor& labels) {
  Tensors weights, biases, outputs;
  for (nn::AnyModule& module : net.tape) {
    x = module(x);
    const auto fc = module.module().as<nn::Linear>();
    if (!fc) continue;
    weights.push_back(fc->weight);
    biases.push_back(fc->bias);
    outputs.push_back(x);
  }
  const Tensor loss = loss_on_tape(euclidean, x, labels);
  const auto gradients = [&](const Tensors& of) { return grad({loss}, of, {.retain_graph = true}); };
  return {gradients(weights), gradients(biases), gradients(outputs)};
}

inline Flow flow_by_hand(by_hand::Net& net, bool euclidean, const Tensor& x, const Tensor& labels) {
  const NoGradGuard no_grad;
  const Tensor y = net.forward(x);
  net.backward((euclidean ? by_hand::euclidean_loss(y, labels) : by_hand::softmax_cross_entropy(y, labels)).delta);
  Flow flow;
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    const auto* fc = dynamic_cast<by_hand::FC*>(net.layers[i].get());
    if (!fc) continue;
    flow.weight_grads.push_back(fc->weight_grad);
    flow.bias_grads.push_back(fc->bias_grad);
    flow.deltas.push_back(net.deltas[i]);
  }
  return flow;
}

/// Whether no element differs by more than a ten-thousandth of the largest.
inline bool agree(const Tensors& a, const Tensors& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!(abs(a[i] - b[i]).max().item() <= 1e-4 * abs(b[i]).max().item())) return false;
  }
  return a.size() == b.size();
}

/// The flow in a network that `batch` is put through. With `by_hand` all numbers of both ways must agree.
inline Flow measure(Net& net, bool euclidean, bool by_hand, const data::Example& batch, Device device) {
  const Tensor x = flatten(batch.data, 1).to(device), labels = batch.target.to(device);
  const Flow tape = flow_on_tape(net, euclidean, x, labels);
  if (!by_hand) return tape;
  const Flow hand = flow_by_hand(net.hand, euclidean, x, labels);
  if (!agree(hand.weight_grads, tape.weight_grads) || !agree(hand.bias_grads, tape.bias_grads) ||
      !agree(hand.deltas, tape.deltas))
    throw Error("the gradients by hand and on the tape differ");
  return hand;
}

}  // namespace layer_list
