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

/// Of the linear layers, first to last: the norms of their gradients, and the shares of their outputs whose
/// sensitivities are exactly zero.
struct Flow {
  std::vector<double> norms, zeros;
  void add(const Tensor& weight_grad, const Tensor& delta) {
    norms.push_back(std::sqrt(square(weight_grad).sum().item()));
    zeros.push_back((delta == 0).to(DType::f64).mean().item());
  }
};

inline Flow flow_on_tape(const Net& net, bool euclidean, Tensor x, const Tensor& labels) {
  Tensors weights, outputs;
  for (nn::AnyModule& module : net.tape) {
    x = module(x);
    const auto fc = module.module().as<nn::Linear>();
    if (!fc) continue;
    weights.push_back(fc->weight);
    outputs.push_back(x);
  }
  const Tensor loss = euclidean ? euclidean_loss(x, one_hot(labels, 10).to(x.dtype())) : cross_entropy(x, labels);
  const Tensors weight_grads = grad({loss}, weights, {.retain_graph = true}), deltas = grad({loss}, outputs);
  Flow flow;
  for (std::size_t i = 0; i < weights.size(); ++i) flow.add(weight_grads[i], deltas[i]);
  return flow;
}

inline Flow flow_by_hand(by_hand::Net& net, bool euclidean, const Tensor& x, const Tensor& labels) {
  const NoGradGuard no_grad;
  const Tensor y = net.forward(x);
  net.backward((euclidean ? by_hand::euclidean_loss(y, labels) : by_hand::softmax_cross_entropy(y, labels)).delta);
  Flow flow;
  for (std::size_t i = 0; i < net.layers.size(); ++i) {
    if (const auto* fc = dynamic_cast<by_hand::FC*>(net.layers[i].get())) flow.add(fc->weight_grad, net.deltas[i]);
  }
  return flow;
}

/// The flow in a network that `batch` is put through. With `by_hand` both ways must agree.
inline Flow measure(Net& net, bool euclidean, bool by_hand, const data::Example& batch, Device device) {
  const Tensor x = flatten(batch.data, 1).to(device), labels = batch.target.to(device);
  const Flow flow = flow_on_tape(net, euclidean, x, labels);
  if (!by_hand) return flow;
  const Flow hand = flow_by_hand(net.hand, euclidean, x, labels);
  for (std::size_t i = 0; i < flow.norms.size(); ++i) {
    const double difference = std::abs(hand.norms[i] / flow.norms[i] - 1);
    if (difference > 1e-4 || std::abs(hand.zeros[i] - flow.zeros[i]) > 1e-3)
      throw Error("the gradients by hand and on the tape differ in layer " + std::to_string(i + 1));
  }
  return hand;
}

}  // namespace layer_list
