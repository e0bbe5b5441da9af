#pragma once

#include <memory>

#include <torch/torch.h>

/// The small networks whose steps are measured, as Reel's nn/models has them.
namespace bench {

/// 784-500-10.
std::shared_ptr<torch::nn::SequentialImpl> mlp();
/// LeNet for 28x28 digits.
std::shared_ptr<torch::nn::SequentialImpl> cnn();

/// torchvision's, in place where it is, for 32x32 images: the stem is one 3x3 convolution.
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
