// The measured networks in libtorch.

#include "models.h"

namespace bench {
namespace {

namespace nn = torch::nn;
using torch::Tensor;

nn::Conv2d convolution(int in, int out, int kernel, int stride, int padding) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).bias(false));
}

struct BasicBlock : nn::Module {
  nn::Conv2d conv1, conv2;
  nn::BatchNorm2d bn1, bn2;
  nn::Sequential shortcut;

  BasicBlock(int in, int out, int stride)
      : conv1(register_module("conv1", convolution(in, out, 3, stride, 1))),
        conv2(register_module("conv2", convolution(out, out, 3, 1, 1))),
        bn1(register_module("bn1", nn::BatchNorm2d(out))),
        bn2(register_module("bn2", nn::BatchNorm2d(out))) {
    if (stride != 1 || in != out) {
      shortcut->push_back(convolution(in, out, 1, stride, 0));
      shortcut->push_back(nn::BatchNorm2d(out));
    }
    register_module("shortcut", shortcut);
  }

  Tensor forward(const Tensor& x) {
    const Tensor y = bn2(conv2(bn1(conv1(x)).relu_()));
    return y.add_(shortcut->is_empty() ? x : shortcut->forward(x)).relu_();
  }
};

}  // namespace

std::shared_ptr<nn::SequentialImpl> mlp() {
  return nn::Sequential(nn::Linear(784, 500), nn::ReLU(), nn::Linear(500, 10)).ptr();
}

std::shared_ptr<nn::SequentialImpl> cnn() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 32, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Conv2d(nn::Conv2dOptions(32, 64, 5).padding(2)), nn::ReLU(), nn::MaxPool2d(2),
                        nn::Flatten(), nn::Linear(64 * 49, 1024), nn::ReLU(), nn::Linear(1024, 10))
      .ptr();
}

ResNet18::ResNet18() {
  body_->push_back(convolution(3, 64, 3, 1, 1));
  body_->push_back(nn::BatchNorm2d(64));
  body_->push_back(nn::ReLU(nn::ReLUOptions(true)));
  int in = 64;
  for (const int out : {64, 128, 256, 512}) {
    body_->push_back(std::make_shared<BasicBlock>(in, out, out == 64 ? 1 : 2));
    body_->push_back(std::make_shared<BasicBlock>(out, out, 1));
    in = out;
  }
  register_module("body", body_);
  register_module("fc", fc_);
}

Tensor ResNet18::forward(const Tensor& x) { return fc_(body_->forward(x).mean({2, 3})); }

SequenceModel::SequenceModel(std::int64_t size, std::int64_t classes)
    : lstm_(register_module("lstm", nn::LSTM(size, size))), head_(register_module("head", nn::Linear(size, classes))) {}

Tensor SequenceModel::forward(const Tensor& x) { return head_(std::get<0>(lstm_(x)).flatten(0, 1)); }

}  // namespace bench
