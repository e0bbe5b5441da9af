// LeNet for digits.

#include <reel/nn/models/lenet.h>

#include <reel/nn/models/blocks.h>
#include <reel/ops/activation.h>
#include <reel/ops/convolution.h>
#include <reel/ops/view.h>

namespace reel::nn::models {

LeNet::LeNet(std::int64_t num_classes, double dropout)
    : dropout_(register_module("dropout", detail::dropout_of("LeNet", dropout))),
      fc2_(register_module("fc2", Linear(1024, num_classes))) {}

Tensor LeNet::forward(Tensor x) const {
  x = max_pool2d(relu(conv1_(x)), 2);
  x = max_pool2d(relu(conv2_(x)), 2);
  return fc2_(dropout_(relu(fc1_(flatten(x, 1)))));
}

}  // namespace reel::nn::models
