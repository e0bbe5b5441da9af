#pragma once

#include <memory>

#include <torch/torch.h>

/// The networks whose steps are measured: those of Reel's nn/models, and VGG-11.
namespace bench {

/// 784-500-10.
std::shared_ptr<torch::nn::SequentialImpl> mlp();
/// LeNet for 28x28 digits.
std::shared_ptr<torch::nn::SequentialImpl> cnn();
std::shared_ptr<torch::nn::SequentialImpl> vgg11();

/// For 32x32 images: the stem is one 3x3 convolution.
struct ResNet18 : torch::nn::Module {
  ResNet18();
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::Sequential body_;
  torch::nn::Linear fc_{512, 10};
};

/// An LSTM and, of each of its outputs, a linear layer.
struct SequenceModel : torch::nn::Module {
  SequenceModel(std::int64_t size, std::int64_t classes);
  /// x [steps, batch, size] -> logits [steps * batch, classes].
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::nn::LSTM lstm_;
  torch::nn::Linear head_;
};

}  // namespace bench
